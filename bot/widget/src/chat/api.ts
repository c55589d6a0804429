// The HTTP interface of the server: see bot/chat/website/channel.py.
import { type EventSourceClient, createEventSource } from "eventsource-client";
import type { Language } from "../shared/language";
import type { HostPage } from "../shared/protocol";
import { config } from "./config";
import type { Message, Press, Reason, Vote } from "./types";

const ROOT = "/webhooks/website";
/** Seconds to wait after a 429 that doesn't tell how long, as of a proxy. */
const TOO_FAST_FOR = 10;

/** A request that the server refused, or that did not reach it (status 0). */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    /** Key of the text that explains it: problem_<problem>. */
    readonly problem: string,
    /** After how many seconds the server takes a request again, if it told. */
    readonly seconds = 0,
  ) {
    super(`${status} ${problem}`);
    this.until = Date.now() + seconds * 1000;
  }

  private readonly until: number;

  /** Seconds left until the server takes a request again. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
  }

  /** Whether later requests would fail as well: there is no connection, or the visitor was too fast. */
  get holdsUp(): boolean {
    return this.status === 0 || this.status === 429;
  }

  /** Whether sending the same again is of no use. */
  get isRefusal(): boolean {
    return this.status === 413 || this.status === 422;
  }
}

async function post<T>(path: string, body: unknown, token?: string, tooLarge = "too_long"): Promise<T> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  let response: Response;
  try {
    response = await fetch(ROOT + path, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    throw new RequestError(0, "failed");
  }
  const answer = (await response.json().catch(() => ({}))) as { problem?: string; seconds?: number };
  if (response.ok) return answer as T;
  const tooFast = response.status === 429;
  const problem = response.status === 413 ? tooLarge : (answer.problem ?? (tooFast ? "too_fast" : "failed"));
  const seconds = answer.seconds ?? (Number(response.headers.get("Retry-After")) || (tooFast ? TOO_FAST_FOR : 0));
  throw new RequestError(response.status, problem, seconds);
}

export async function createSession(language: Language): Promise<string> {
  return (await post<{ token: string }>("/session", { language })).token;
}

export type Content = { text: string } | { press: Press };

export async function sendMessage(token: string, id: string, content: Content, page?: HostPage): Promise<void> {
  await post("/messages", { id, ...content, page }, token);
}

export async function sendReport(token: string, id: string, file: File): Promise<void> {
  const tooLarge = "report_too_large";
  if (file.size > config.maxReport) throw new RequestError(413, tooLarge);
  await post("/reports", { id, name: file.name, data: await base64(file) }, token, tooLarge);
}

function base64(file: File): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve((reader.result as string).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

export async function vote(token: string, position: number, vote: Vote, reason: Reason | null, comment: string): Promise<void> {
  await post("/feedback", { position, vote, reason, comment: comment || null }, token);
}

export interface StreamListener {
  message(message: Message): void;
  /** All earlier messages have arrived. */
  current(): void;
  typing(typing: boolean): void;
  lost(): void;
  /** The server does not know the session. */
  ended(): void;
}

/** Opens the stream of a conversation after a position; reconnects and continues there when the connection is lost. */
export function openStream(token: string, position: number, listener: StreamListener): EventSourceClient {
  const source = createEventSource({
    url: `${ROOT}/stream`,
    headers: { Authorization: `Bearer ${token}` },
    initialLastEventId: String(position),
    fetch: async (url, init) => {
      const response = await fetch(url as string, init as RequestInit);
      if (response.status === 401) {
        source.close();
        listener.ended();
      }
      if (!response.ok) throw new RequestError(response.status, "failed");
      return response;
    },
    onMessage: ({ event, data }) => {
      if (event === "message") listener.message(JSON.parse(data) as Message);
      else if (event === "current") listener.current();
      else if (event === "typing") listener.typing(JSON.parse(data) as boolean);
    },
    onScheduleReconnect: () => listener.lost(),
  });
  return source;
}
