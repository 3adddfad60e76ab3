// HTML and SVG text whose every inserted value is escaped: what is not Markup already is text.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for an element or an attribute in quotes. */
export const escapeText = (text: string): string => text.replace(/[&<>"']/g, c => ENTITIES[c])

/** Finished markup. */
export class Markup {
  constructor(readonly text: string) {}
}
type Insert = string | number | Markup | readonly Markup[] | undefined

const inserted = (v: Insert): string => {
  if (v === undefined) return ''
  if (v instanceof Markup) return v.text
  return typeof v === 'object' ? v.map(m => m.text).join('') : escapeText(String(v))
}

/**
 * A template of markup.
 * @example html`<p title="${name}">${items.map(i => html`<b>${i}</b>`)}</p>` // name and i are escaped
 */
export function html(strings: TemplateStringsArray, ...values: readonly Insert[]): Markup {
  return new Markup(strings.reduce((text, s, i) => text + s + (i < values.length ? inserted(values[i]) : ''), ''))
}
