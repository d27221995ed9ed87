/** Light or dark: the system's setting until the user chooses. */
import { listen } from "../api/browser.ts";
import { fresh } from "./fresh.ts";
import { load, store } from "./storage.ts";

const KEY = "tocsin.theme";
type Name = "light" | "dark";

const system = window.matchMedia("(prefers-color-scheme: dark)");
export const name = fresh<Name>(() => stored() ?? preferred());

function preferred(): Name {
  return system.matches ? "dark" : "light";
}

function stored(): Name | null {
  const value = load(KEY);
  return value === "light" || value === "dark" ? value : null;
}

function show(): void {
  document.documentElement.style.colorScheme = name.peek();
}

export function toggle(): void {
  name.value = name.peek() === "dark" ? "light" : "dark";
  show();
  store(KEY, name.peek());
}

/** Follows the system's setting. Returns a function that ends this. */
export function start(): () => void {
  if (stored() !== null) show();
  return listen(system, "change", () => {
    if (stored() === null) name.value = preferred();
  });
}
