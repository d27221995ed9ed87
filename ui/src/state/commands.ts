/** What the keyboard can do with the list and with an alert's page. Each registers its commands while it is shown. */

export interface ListCommands {
  /** Moves the active row by this many rows; infinity goes to an end. */
  move(step: number): void;
  /** Opens or closes the active row. */
  toggle(): void;
  /** Opens the row of an alert. */
  open(id: string): void;
  /** Copies the event of the open row, else of the active one. */
  copy(): void;
  /** Copies a link to that row. */
  link(): void;
  /** Scrolls to the top and shows the new alerts. */
  newest(): void;
}

export interface PageCommands {
  /** Copies the event as JSON. */
  copy(): void;
  /** Copies the permanent link. */
  link(): void;
}

let list: ListCommands | null = null;
let page: PageCommands | null = null;

/** The commands of the list; null while it is not shown. */
export function ofList(): ListCommands | null {
  return list;
}

export function ofPage(): PageCommands | null {
  return page;
}

export function setList(commands: ListCommands | null): void {
  list = commands;
}

export function setPage(commands: PageCommands | null): void {
  page = commands;
}
