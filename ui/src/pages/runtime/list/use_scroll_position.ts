/** The scroll position of the list, and the size of its visible part. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as live from "../../../state/live.ts";
import * as query from "../../../state/query.ts";

export interface ScrollPosition {
  scroll: number;
  /** Height of what is seen, px. */
  visible: number;
  /** Its width; 0 until it is known. */
  width: number;
  scrollTo(y: number): void;
  onScroll(event: { currentTarget: HTMLElement }): void;
}

export function useScrollPosition(frame: RefObject<HTMLDivElement | null>): ScrollPosition {
  const [scroll, setScroll] = useState(0);
  const [visible, setVisible] = useState(600);
  const [width, setWidth] = useState(0);
  const wanted = useRef<number | null>(null);

  useLayoutEffect(() => {
    const element = frame.current as HTMLDivElement;
    const measure = () => {
      setVisible(element.clientHeight);
      setWidth(element.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  // Once more after drawing: before it, the list may be too short for the place.
  useLayoutEffect(() => {
    if (wanted.current !== null) frame.current?.scrollTo({ top: wanted.current });
    wanted.current = null;
  });

  useEffect(() => frame.current?.scrollTo({ top: 0 }), [query.filter.value, query.range.value]);

  return {
    scroll,
    visible,
    width,
    scrollTo(y) {
      wanted.current = y;
      frame.current?.scrollTo({ top: y });
      setScroll(y);
    },
    onScroll({ currentTarget }) {
      setScroll(currentTarget.scrollTop);
      live.freeze("scrolled", currentTarget.scrollTop > 0);
    },
  };
}
