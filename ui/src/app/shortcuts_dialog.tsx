/** The list of shortcuts, and the setting for single keys. */
import { useEffect, useRef } from "preact/hooks";
import * as shortcuts from "../state/shortcut_settings.ts";
import { SHORTCUTS } from "./shortcuts.ts";

export function ShortcutsDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = shortcuts.open.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = () => {
    dialog.current?.close(); // at once: the next key is for the page again
    shortcuts.open.value = false;
  };
  return (
    <dialog ref={dialog} class="shortcuts" aria-labelledby="shortcuts-title" onClose={close}>
      <h2 id="shortcuts-title">Keyboard shortcuts</h2>
      <dl>
        {SHORTCUTS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label>
        <input
          type="checkbox"
          checked={shortcuts.singleKeys.value}
          onChange={(event) => shortcuts.setSingleKeys(event.currentTarget.checked)}
        />
        Single keys are on
      </label>
      <button type="button" class="btn" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
