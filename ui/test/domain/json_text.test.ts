import { describe, expect, it } from "vitest";
import { members, pretty, shown, visible } from "../../src/domain/json_text.ts";

describe("members", () => {
  it("gives each value as it stands", () => {
    const text = '{"id":"a","n":18446744073709551615, "event" : {"x":[1,{"y":"}"}],"z":1.0} ,"last":null}';
    expect([...members(text)]).toEqual([
      ["id", '"a"'],
      ["n", "18446744073709551615"],
      ["event", '{"x":[1,{"y":"}"}],"z":1.0}'],
      ["last", "null"],
    ]);
  });

  it("is not deceived by text that looks like structure", () => {
    expect(members('{"a":"\\",\\"event\\":{}","event":7}').get("event")).toBe("7");
    expect(members('{"x":{"event":1},"event":2}').get("event")).toBe("2");
    expect(members('{"\\u0065vent":3}').get("event")).toBe("3");
  });

  it.each(["", "7", "[]", "{}", "nonsense", '"event"'])("finds nothing in %j", (text) => {
    expect(members(text).size).toBe(0);
  });
});

describe("pretty", () => {
  it("breaks lines as people expect", () => {
    const value = { a: 1, b: [], c: {}, d: [1, [2, { e: 'x, {y}: \\ " z' }]], f: "" };
    expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it("changes nothing but white space", () => {
    const text = '{"big":18446744073709551615,"one":1.0,"twice":1,"twice":2,"e":"\\u00e9\\/"}';
    expect(pretty(text).replace(/\s/g, "")).toBe(text);
  });

  it("stands text that is no JSON", () => {
    for (const text of ["", "}}]]", '"open', "{", "a b"]) expect(typeof pretty(text)).toBe("string");
  });
});

describe("visible", () => {
  it("writes out what turns text around, hides or breaks it", () => {
    expect(visible("gpj\u202eexe.\u200b\n\u0007")).toBe("gpj\\u202eexe.\\u200b\\u000a\\u0007");
    expect(visible("a\ud800b")).toBe("a\\ud800b");
    expect(visible("tag\u{e0041}")).toBe("tag\\udb40\\udc41");
  });

  it("leaves all else alone", () => {
    const text = "naïve 日本語 🔔 <img src=x> \\n";
    expect(visible(text)).toBe(text);
  });

  it("keeps the meaning of JSON", () => {
    const value = { name: "a\u202eb\u2028c" };
    expect(shown(JSON.stringify(value))).not.toMatch(/[\u202e\u2028]/);
    expect(JSON.parse(shown(JSON.stringify(value)))).toEqual(value);
  });
});
