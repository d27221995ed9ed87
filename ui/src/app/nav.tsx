import * as router from "../state/router.ts";
/** The links to the pages, in the top bar and in the tabs of a phone. */

export function pages() {
  return [
    { name: "runtime", title: "Runtime", href: router.runtimeAddress.value, icon: "pulse" },
    { name: "pipeline", title: "Pipeline", href: "/pipeline", icon: "hops" },
  ] as const;
}

/** `page` for the page itself, `true` for the one that an alert belongs to. */
export function current(name: string): "page" | "true" | undefined {
  const here = router.page.value.name;
  if (here === name) return "page";
  return here === "alert" && name === "runtime" ? "true" : undefined;
}

export function Nav() {
  return (
    <nav class="nav" aria-label="Pages">
      {pages().map(({ name, title, href }) => (
        <a key={name} href={href} aria-current={current(name)}>
          {title}
        </a>
      ))}
    </nav>
  );
}
