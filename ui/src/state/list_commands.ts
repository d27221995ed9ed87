/** What the keys can do with the list; the list itself puts the hands on. */
import { signal } from "@preact/signals";

/** Id of the row that the keys act on. */
export const active = signal<string | null>(null);

export interface ListControl {
  /** Moves the active row by so many; infinities go to the ends. */
  move(step: number): void;
  /** Opens or closes the active row. */
  toggle(): void;
  /** Opens the row of an alert in the list. */
  open(id: string): void;
  /** Copies the event of the open row, else of the active one. */
  copy(): void;
  /** Copies a link to that row. */
  link(): void;
  /** Back to the top, with all that waits. */
  newest(): void;
}

let control: ListControl | null = null;

export function attach(next: ListControl | null): void {
  control = next;
}

export function listControl(): ListControl | null {
  return control;
}
