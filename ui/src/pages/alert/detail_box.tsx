/** A box of an open alert: a cell of the grid, or a part of the sheet. It takes the focus because it scrolls. */
import type { ComponentChildren } from "preact";

interface Props {
  name: string;
  /** Whether it is in the grid. */
  cell: boolean;
  kind: string;
  /** Beside the name. */
  tool?: ComponentChildren;
  /** What is inside scrolls by itself. */
  still?: boolean;
  children: ComponentChildren;
}

/** A cell of the grid, named by what is in it, or a group of the sheet. */
export function named(name: string, cell: boolean) {
  return cell ? { role: "gridcell" as const } : { role: "group" as const, "aria-label": name };
}

export function DetailBox({ name, cell, kind, tool, still = false, children }: Props) {
  return (
    <div class={`box ${kind}`} {...named(name, cell)} tabIndex={still ? undefined : 0}>
      <h3>
        {name}
        {tool}
      </h3>
      {children}
    </div>
  );
}
