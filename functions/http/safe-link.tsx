/** A link that another system gave us: only web addresses become links. */
export function SafeLink({ url, label }: { url: string | null; label: string }) {
  return url && /^https?:\/\//i.test(url) ? <a href={url}>{label}</a> : null;
}
