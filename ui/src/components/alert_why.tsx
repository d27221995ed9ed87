/** Why an alert has its severity: what decided, and each rule that matched with the values that made it match. */
import type { Alert, RuleHit } from "../details.ts";
import { visible } from "../json.ts";
import { Fact } from "./fact.tsx";

export function Why({ alert }: { alert: Alert }) {
  const rules = alert.rules ?? [];
  return (
    <div class="box why" role="gridcell" tabIndex={0}>
      <h3>Why this severity</h3>
      <p>{visible(alert.title ?? "")}</p>
      <p class="muted">{visible(alert.reason ?? "")}</p>
      <dl>
        <Fact name="Silenced by" value={alert.silenced_by} />
        <Fact name="Without it" value={alert.unsilenced_severity} plain />
      </dl>
      {rules.map((rule, index) => (
        <Rule key={index} rule={rule} />
      ))}
      <dl>
        <Fact name="Decided by" value={alert.severity_from} />
        <Fact name="Table said" value={alert.base_severity} plain />
        {rules.length === 0 && <Fact name="Technique" value={(alert.techniques ?? []).join(", ")} />}
        <Fact name="Outcome" value={alert.outcome} plain />
        <Fact name="Policy" value={alert.policy} />
        <Fact name="Action" value={alert.action} plain />
      </dl>
    </div>
  );
}

function Rule({ rule }: { rule: RuleHit }) {
  const { id, title, level, author, link, techniques = [], matched = [] } = rule;
  return (
    <section class="rule">
      <h4>
        {visible(title || id)} {level && <span class="x">{visible(level)}</span>}
      </h4>
      <dl>
        {matched.map(({ field, value }, index) => (
          <Fact key={index} name={field} value={value} />
        ))}
        <Fact name="Rule" value={id} />
        <Fact name="Technique" value={techniques.join(", ")} />
        <Fact name="Author" value={author} plain />
        <More link={link} />
      </dl>
    </section>
  );
}

/** A rule may come from anywhere: only an address of the web is made a link. */
function More({ link = "" }: { link: string | undefined }) {
  if (!/^https?:\/\//i.test(link)) return <Fact name="Reference" value={link} />;
  return (
    <>
      <dt>Reference</dt>
      <dd>
        <a href={link} target="_blank" rel="noopener noreferrer">
          {visible(link)}
        </a>
      </dd>
    </>
  );
}
