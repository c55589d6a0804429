// What few sites ask for, and the loader loads then: invitations, and Google's data layer.
import type { Widget } from "../shared/widget";
import { pushTo } from "./data_layer";
import { invite } from "./invitation";
import type { Options } from "./options";

/** What the loader shares. */
export interface Context {
  widget: Widget;
  options: Options;
  shadow: ShadowRoot;
  root: HTMLElement;
  launcher: HTMLElement;
  /** Whether the visitor has talked to the advisor, here or on another page of the site. */
  talked(): boolean;
}

/** This module, as the loader sees it. */
export interface Extras {
  start(context: Context): void;
}

export function start(context: Context): void {
  const { options, widget } = context;
  if (options.isOn("dataLayer")) pushTo(options.get("dataLayer") || "dataLayer", widget);
  invite(context);
}
