/** A part of a page. If it fails, the other parts still work. */
import { Component, type ComponentChildren } from "preact";
import { useCopy } from "./use_copy.ts";

interface Props {
  /** What failed, for the reader: `The list`. */
  name: string;
  children: ComponentChildren;
}

export class Panel extends Component<Props, { error: string | null }> {
  override state = { error: null };

  override componentDidCatch(error: unknown): void {
    this.setState({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  override render({ name, children }: Props, { error }: { error: string | null }) {
    if (error === null) return children;
    return <Failed name={name} error={error} again={() => this.setState({ error: null })} />;
  }
}

function Failed({ name, error, again }: { name: string; error: string; again: () => void }) {
  const detail = useCopy("Copy details", error);
  return (
    <section class="panel failed" role="alert">
      <p>
        <b>This panel failed.</b> {name} cannot be shown.
      </p>
      <div class="acts">
        <button type="button" class="btn" onClick={again}>
          Reload panel
        </button>
        <button type="button" class="btn" onClick={detail.copy}>
          {detail.word}
        </button>
      </div>
      <details>
        <summary>Details</summary>
        <pre>{error}</pre>
      </details>
    </section>
  );
}
