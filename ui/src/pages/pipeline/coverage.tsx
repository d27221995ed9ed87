/** The share of a node's events that reached the gateway, and where the others were lost. */

import { Text, Why } from "../../components/text.tsx";
import { count } from "../../domain/format.ts";
import { share } from "../../domain/pipeline_summary.ts";
import type { Coverage as Facts } from "../../domain/schemas.ts";

export function Coverage({ of }: { of: Facts }) {
  const { produced, reached, why } = of;
  return (
    <>
      <b>{share(of)}</b>
      <Why of={produced !== null && reached !== null ? `${count(reached)} of ${count(produced)}` : ""} />
      <Why of={why} />
    </>
  );
}

export function Losses({ of: { losses, share } }: { of: Facts }) {
  const lost = losses.filter(({ n }) => n > 0);
  if (lost.length === 0) return <span class="muted">{share === null ? "none known" : "none"}</span>;
  return (
    <ul>
      {lost.map(({ what, n }) => (
        <li key={what}>
          {count(n)} <Text of={what} />
        </li>
      ))}
    </ul>
  );
}
