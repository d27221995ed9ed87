/** A table. On a phone each row is a block with the column names beside its values. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../domain/format.ts";

export interface Column {
  name: string;
  /** Numbers are aligned at the right. */
  number?: boolean;
  /** What a click on the head does, and how the rows are ordered by this column now. */
  sort?: { now: "ascending" | "descending" | null; turn: () => void };
}

export interface Row {
  key: string;
  /** The first one is the head of the row. */
  cells: ComponentChildren[];
  /** Whether the row needs attention. A cell says why. */
  wrong?: boolean;
}

interface Props {
  caption: string;
  columns: readonly Column[];
  rows: readonly Row[];
  /** More rows than this are shown on demand. */
  most?: number;
}

/** Said outright: a table that is laid out as blocks is no table any more to some screen readers. */
const ROLES = {
  table: { role: "table" },
  group: { role: "rowgroup" },
  row: { role: "row" },
  head: { role: "columnheader", scope: "col" },
  rowHead: { role: "rowheader", scope: "row" },
  cell: { role: "cell" },
} as const;

export function Table({ caption, columns, rows, most = 50 }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, most);
  return (
    <>
      <table class="table" {...ROLES.table}>
        <caption>{caption}</caption>
        <thead {...ROLES.group}>
          <tr {...ROLES.row}>{columns.map(Head)}</tr>
        </thead>
        <tbody {...ROLES.group}>
          {shown.map((row) => (
            <Line key={row.key} row={row} columns={columns} />
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <button type="button" class="btn more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the first ${count(most)}` : `Show all ${count(rows.length)}`}
        </button>
      )}
    </>
  );
}

function Head({ name, number = false, sort }: Column) {
  return (
    <th key={name} class={number ? "num" : ""} {...ROLES.head} aria-sort={sort ? (sort.now ?? "none") : undefined}>
      {sort ? (
        <button type="button" onClick={sort.turn}>
          {name}
          <span aria-hidden="true">{sort.now === null ? "" : sort.now === "ascending" ? " ↑" : " ↓"}</span>
        </button>
      ) : (
        name
      )}
    </th>
  );
}

function Line({ row, columns }: { row: Row; columns: readonly Column[] }) {
  const [head, ...cells] = row.cells;
  return (
    <tr class={row.wrong ? "wrong" : ""} {...ROLES.row}>
      <th {...ROLES.rowHead}>{head}</th>
      {cells.map((cell, index) => {
        const column = columns[index + 1];
        return (
          <td key={index} class={column?.number ? "num" : ""} data-label={column?.name} {...ROLES.cell}>
            <div>{cell}</div>
          </td>
        );
      })}
    </tr>
  );
}
