/** Loads the detail of an alert when pointer or focus rest on its row. */

import { useEffect, useRef } from "preact/hooks";
import type { Row } from "../../../domain/frames.ts";
import * as queries from "../../../state/queries.ts";

const RESTS_MS = 80;

export function usePrefetch(rowOf: (target: Element) => Row | undefined) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const wanted = useRef("");
  useEffect(() => () => clearTimeout(timer.current), []);
  return (event: Event): void => {
    const row = rowOf(event.target as Element);
    if (row?.id === wanted.current) return;
    wanted.current = row?.id ?? "";
    clearTimeout(timer.current);
    if (row !== undefined) timer.current = setTimeout(() => queries.alert(row.id, row.seq), RESTS_MS);
  };
}
