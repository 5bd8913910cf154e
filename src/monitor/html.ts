/** How facts become text and HTML on monitor pages: on the server for the first sight, in the browser from then on. */
import { escapeHtml } from '../../machines/client-message.ts';

/** A row of a table; `cells` are HTML. */
export interface Row {
  /** Unique in its table. */
  readonly key: string;
  /** How the row is marked. */
  readonly mark: 'good' | 'bad' | 'plain';
  readonly cells: readonly string[];
}

export interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
}

/** Everything on a page that changes: HTML by the id of its element, and the rows of tables by theirs. */
export interface View {
  readonly fields: Readonly<Record<string, string>>;
  readonly tables: Readonly<Record<string, readonly Row[]>>;
}

/** Decimal places of a load: as many as the measure is worth. */
const LOAD_DIGITS = 1;

/** Milliseconds in the units of time. */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export function percent(value: number): string {
  return `${Number(value.toFixed(LOAD_DIGITS))}%`;
}

const KIB = 1_024;

/** Bytes for people, e.g. `900 KiB`, `312 MiB`, `1.5 GiB`. */
export function bytes(value: number): string {
  if (value < KIB ** 2) return `${Math.round(value / KIB)} KiB`;
  return value < KIB ** 3 ? `${Math.round(value / KIB ** 2)} MiB` : `${(value / KIB ** 3).toFixed(1)} GiB`;
}

/** A time in ms for people, e.g. `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < MINUTE) return `${Math.floor(time / SECOND)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min ${Math.floor((time % MINUTE) / SECOND)} s`;
  return `${Math.floor(time / HOUR)} h ${Math.floor((time % HOUR) / MINUTE)} min`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What takes up a machine, as far as is known. @param running simulations there; undefined where it does not say */
export function loadedBy(running: number | undefined): string {
  if (running === undefined) return 'by simulations or other programs';
  return running === 0
    ? 'by other programs, as no simulation runs there'
    : `by ${count(running, 'simulation')} and all else there`;
}

/** The time of the day of an ISO 8601 time, with its zone. */
export function timeOfDay(iso: string): string {
  return `<time datetime="${escapeHtml(iso)}">${escapeHtml(iso.slice(11, 19))} UTC</time>`;
}

/** A field as an element, to be changed later. */
export function field(view: View, id: string, tag = 'span'): string {
  return `<${tag} id="${id}">${view.fields[id] ?? ''}</${tag}>`;
}

/** A table that stays one for assistive technology when it is laid out as cards on a narrow screen. */
export function table(view: View, id: string, caption: string, columns: readonly Column[]): string {
  const head = columns.map(
    ({ name, isNumber }) => `<th role="columnheader" scope="col"${right(isNumber)}>${name}</th>`,
  );
  return `<table role="table" class="cards"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${head.join('')}</tr></thead>
<tbody role="rowgroup" id="${id}">${(view.tables[id] ?? []).map((row) => rowHtml(row, columns)).join('\n')}</tbody></table>`;
}

export function rowHtml({ key, mark, cells }: Row, columns: readonly Column[]): string {
  const tags = cells.map((cell, index) => {
    const column = columns[index];
    return `<td role="cell" data-label="${column?.name ?? ''}"${right(column?.isNumber)}>${cell}</td>`;
  });
  return `<tr role="row" data-key="${escapeHtml(key)}" data-mark="${mark}">${tags.join('')}</tr>`;
}

const right = (isNumber: boolean | undefined) => (isNumber ? ' class="number"' : '');

/** Height of a small chart in its own units: one a percent. */
const FULL = 100;

/**
 * A small chart of loads in percent, with gaps where nothing is known.
 *
 * @param label says what it shows; the highest figure is added
 */
export function sparkline(history: readonly (number | null)[], threshold: number, label: string): string {
  let isDrawing = false;
  const path = history.map((load, index) => {
    const step =
      load === null ? '' : `${isDrawing ? 'L' : 'M'}${index} ${(FULL - Math.min(load, FULL)).toFixed(0)}h.01`;
    isDrawing = load !== null;
    return step;
  });
  const known = history.filter((load) => load !== null);
  const most = known.length > 0 ? `at most ${percent(Math.max(...known))}` : 'nothing known';
  const limit = FULL - threshold;
  return `<svg class="spark" viewBox="0 -2 ${Math.max(1, history.length - 1)} 104" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}: ${most}"><path class="limit" d="M0 ${limit}H${history.length}"/><path d="${path.join('')}"/></svg>`;
}

/** The frame of a monitor page. */
export interface DocumentParts {
  readonly title: string;
  /** From the page to the server's root, e.g. `../`. */
  readonly root: string;
  /** Name of the page's script, if it has one. */
  readonly script?: string;
  readonly styles?: readonly string[];
  readonly body: string;
}

/** A whole page whose addresses are relative, so that it may stand behind a path of a proxy. */
export function documentOf({ title, root, script, styles = [], body }: DocumentParts): string {
  const sheets = ['monitor.css', ...styles].map((name) => `<link rel="stylesheet" href="${root}pages/web/${name}">`);
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${root}pages/web/icon.svg" type="image/svg+xml">
${sheets.join('\n')}
${script ? `<script type="module" src="${root}pages/web/${script}"></script>` : ''}
</head>
<body>
${body}
</body>
</html>
`;
}
