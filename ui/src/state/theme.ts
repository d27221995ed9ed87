/** Light or dark: the system's choice until the reader makes one. */
import { signal } from "@preact/signals";

const KEY = "tocsin.theme";
type Theme = "light" | "dark";

const system = window.matchMedia("(prefers-color-scheme: dark)");
export const theme = signal<Theme>(stored() ?? (system.matches ? "dark" : "light"));

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

export function startTheme(): void {
  if (stored() !== null) document.documentElement.style.colorScheme = theme.peek();
  system.addEventListener("change", () => {
    if (stored() === null) theme.value = system.matches ? "dark" : "light";
  });
}

export function switchTheme(): void {
  theme.value = theme.peek() === "dark" ? "light" : "dark";
  document.documentElement.style.colorScheme = theme.peek();
  try {
    localStorage.setItem(KEY, theme.peek());
  } catch {
    // A browser that stores nothing still switches for this visit.
  }
}
