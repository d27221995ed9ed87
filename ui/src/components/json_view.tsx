/** JSON as text. Names are coloured if the text is short. */

/** Colouring a long line freezes a page; a longer text than this stays plain. */
const COLOURED_MOST = 16_384;
/** A longer text is truncated. The copy button copies all of it. */
const SHOWN_MOST = 262_144;

const NAME = /("(?:[^"\\]|\\.)*")(?=: )/g;

export function JsonView({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre tabIndex={0}>
      {text.length <= COLOURED_MOST ? coloured(text) : text.slice(0, SHOWN_MOST)}
      {text.length > SHOWN_MOST && "\n… truncated. Copy JSON copies all of it."}
    </pre>
  );
}

function coloured(text: string) {
  return text.split(NAME).map((part, index) => (index % 2 === 1 ? <u key={index}>{part}</u> : part));
}
