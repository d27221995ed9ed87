/** A part of the page that fails alone. */
import { Component, type ComponentChildren } from "preact";

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
    return (
      <section class="panel failed" role="alert">
        <p>{name} failed.</p>
        <button type="button" class="btn" onClick={() => this.setState({ error: null })}>
          Reload
        </button>
        <details>
          <summary>Detail</summary>
          <pre>{error}</pre>
        </details>
      </section>
    );
  }
}
