/** The menu for time range and time zone. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../../components/icons.tsx";
import { usePopup } from "../../components/use_popup.ts";
import { calendar, clock, day, moment } from "../../domain/format.ts";
import { visible } from "../../domain/json_text.ts";
import { bounds, type Range, sameRange, WINDOWS, windowWords } from "../../domain/time_range.ts";
import { momentOf, offset, zone } from "../../domain/time_zone.ts";
import * as live from "../../state/live.ts";
import * as query from "../../state/query.ts";

export function TimeRangePicker() {
  const { root, open, close, toggle } = usePopup<HTMLDivElement>();
  useEffect(() => {
    if (open) root.current?.querySelector<HTMLElement>("[aria-pressed=true], input")?.focus();
  }, [open]);
  const current = query.range.value;
  const words = rangeWords(current, live.today.value);
  return (
    <div class="period" ref={root}>
      <button
        type="button"
        class="btn"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={`Time range: ${words}`}
        title={current.live ? undefined : `${moment(current.from)} – ${moment(current.to)}`}
        onClick={toggle}
      >
        <Icon name="clock" />
        <span class="lab">{words}</span>
        <Icon name="down" />
      </button>
      {open && (
        <div class="popup" role="dialog" aria-label="Time range">
          <Presets current={current} done={close} />
          <Absolute current={current} done={close} />
          <Clocks />
        </div>
      )}
    </div>
  );
}

/** `Last 15 min`, `13:53:00 – 14:08:12`; with the day if it is not today. */
export function rangeWords(current: Range, today: string): string {
  if (current.live) return `Last ${windowWords(current.window)}`;
  const from = `${day(current.from, today)} ${clock(current.from)}`.trim();
  const to = `${day(current.to, calendar(current.from))} ${clock(current.to)}`.trim();
  return `${from} – ${to}`;
}

function Presets({ current, done }: { current: Range; done: () => void }) {
  const choose = (next: Range) => {
    query.setRange(next);
    done();
  };
  return (
    <div class="presets" role="group" aria-label="Up to now">
      {WINDOWS.map((window) => (
        <button
          key={window}
          type="button"
          aria-pressed={sameRange(current, { live: true, window })}
          onClick={() => choose({ live: true, window })}
        >
          Last {windowWords(window)}
        </button>
      ))}
    </div>
  );
}

function Absolute({ current, done }: { current: Range; done: () => void }) {
  const shown = bounds(current, live.now.peek());
  const state = live.rangeState.value;
  const [from, setFrom] = useState(() => written(shown.from));
  const [to, setTo] = useState(() => written(shown.to));
  const [wrong, setWrong] = useState("");
  const apply = (event: Event) => {
    event.preventDefault();
    const next = { live: false, from: momentOf(from), to: momentOf(to) } as const;
    const reason = refusal(next.from, next.to);
    setWrong(reason);
    if (reason) return;
    query.setRange(next);
    done();
  };
  return (
    <form class="absolute" onSubmit={apply}>
      <Moment name="From" value={from} set={setFrom} wrong={wrong !== ""} />
      <Moment name="To" value={to} set={setTo} wrong={wrong !== ""} />
      <p id="period-wrong" role="status">
        {wrong}
        {state.is === "failed" && `The last range could not be loaded: ${visible(state.why)}`}
      </p>
      <button type="submit" class="btn">
        Show this range
      </button>
    </form>
  );
}

function Moment(props: { name: string; value: string; set: (text: string) => void; wrong: boolean }) {
  const { name, value, set, wrong } = props;
  return (
    <label>
      <span>{name}</span>
      <input
        type="datetime-local"
        step="1"
        value={value}
        aria-invalid={wrong}
        aria-describedby="period-wrong"
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  );
}

function written(ms: number): string {
  return `${calendar(ms)}T${clock(ms)}`;
}

function refusal(from: number, to: number): string {
  if (Number.isNaN(from) || Number.isNaN(to)) return "Enter a date and a time in both fields.";
  return from < to ? "" : "The end must be after the beginning.";
}

function Clocks() {
  const local = `Local time (${offset(live.now.peek(), "local")})`;
  return (
    <fieldset class="clocks">
      <legend>Times are in</legend>
      {(["local", "utc"] as const).map((each) => (
        <label key={each}>
          <input type="radio" name="zone" checked={zone.value === each} onChange={() => query.setZone(each)} />
          {each === "utc" ? "UTC" : local}
        </label>
      ))}
    </fieldset>
  );
}
