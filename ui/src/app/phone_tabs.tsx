/** The links to the pages as tabs at the bottom, on a phone only. */

import { Icon } from "../components/icons.tsx";
import { current, pages } from "./nav.tsx";

export function PhoneTabs() {
  return (
    <nav class="tabs" aria-label="Pages, below">
      {pages().map(({ name, title, href, icon }) => (
        <a key={name} href={href} aria-current={current(name)}>
          <Icon name={icon} />
          {title}
        </a>
      ))}
    </nav>
  );
}
