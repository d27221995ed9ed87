/** Light or dark: the system's setting until the user chooses. */
import { signal } from "@preact/signals";
import { load, store } from "./storage.ts";

const KEY = "tocsin.theme";
type Name = "light" | "dark";

export class Theme {
  readonly #system = window.matchMedia("(prefers-color-scheme: dark)");
  readonly name = signal<Name>(stored() ?? this.#preferred());

  #preferred(): Name {
    return this.#system.matches ? "dark" : "light";
  }

  /** Follows the system's setting. Returns a function that ends this. */
  start(): () => void {
    if (stored() !== null) this.#show();
    const changed = () => {
      if (stored() === null) this.name.value = this.#preferred();
    };
    this.#system.addEventListener("change", changed);
    return () => this.#system.removeEventListener("change", changed);
  }

  #show(): void {
    document.documentElement.style.colorScheme = this.name.peek();
  }

  toggle(): void {
    this.name.value = this.name.peek() === "dark" ? "light" : "dark";
    this.#show();
    store(KEY, this.name.peek());
  }
}

function stored(): Name | null {
  const value = load(KEY);
  return value === "light" || value === "dark" ? value : null;
}
