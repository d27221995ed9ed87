/** The state of a copy button: its name says for a moment whether it worked. */
import { useEffect, useRef, useState } from "preact/hooks";
import { copy } from "../state/clipboard.ts";

const ANSWERS_MS = 2_000;

/** `text` may be made at the press: what it says of time is then that of the press. */
export function useCopy(name: string, text: string | (() => string)): { word: string; copy: () => void } {
  const [done, setDone] = useState<boolean | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const run = () => {
    void copy(typeof text === "string" ? text : text()).then((worked) => {
      setDone(worked);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setDone(null), ANSWERS_MS);
    });
  };
  return { word: done === null ? name : done ? "Copied" : "Could not copy", copy: run };
}
