/** What the keys can do with the page of an alert; the page itself puts the hands on. */

export interface PageControl {
  /** Copies the event as JSON. */
  copy(): void;
  /** Copies the permanent link. */
  link(): void;
}

let control: PageControl | null = null;

export function attachPage(next: PageControl | null): void {
  control = next;
}

export function pageControl(): PageControl | null {
  return control;
}
