// Cleans what the firmware says about the machine: vendors leave their templates' words in the fields.

const MEANINGLESS =
  /^(to be filled( by o\.?e\.?m\.?)?|default string|system (manufacturer|product name|serial number|version)|not (specified|applicable|available)|none|n\/a|unknown|invalid|oem|o\.e\.m\.|0+|x+|\.+|-+|0?123456789)$/i

/** The text of one file in /sys/class/dmi/id without its end of line, or empty where it says nothing. */
export function parseDmiText(text: string): string {
  const clean = text.replace(/[^\u0020-\u007e]+/g, ' ').trim()
  return MEANINGLESS.test(clean) ? '' : clean
}
