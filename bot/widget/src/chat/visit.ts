// Where on the site the visitor is, as far as the server may know it.
import type { HostPage } from "../shared/protocol";

const CAMPAIGN = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

/** The page without its query and fragment, save the campaign; of the referrer only the host. */
export function visitOf({ address, title, referrer }: HostPage): HostPage {
  const url = new URL(address);
  const campaign = [...url.searchParams].filter(([key]) => CAMPAIGN.includes(key));
  const query = campaign.length ? `?${new URLSearchParams(campaign).toString()}` : "";
  return { address: url.origin + url.pathname + query, title, referrer: hostOf(referrer, url.host) };
}

/** The host of another site; nothing for a page of the same site. */
function hostOf(referrer: string, own: string): string {
  const host = URL.canParse(referrer) ? new URL(referrer).host : "";
  return host === own ? "" : host;
}
