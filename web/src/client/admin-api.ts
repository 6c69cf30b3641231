import type {
  AdminList,
  BulkAnswer,
  BulkRequest,
  CannedResponseAnswer,
  CannedResponseList,
  CannedResponseRequest,
  Sla,
  TagAnswer,
  TagId,
  TagList,
  TagRequest,
  Views,
} from "../protocol.ts";

/** Makes a REST call. */
export type Call = <Answer>(method: string, path: string, body?: object) => Promise<Answer>;

/**
 * The part of the REST API that only admins can call. An agent cannot change what the shop has set.
 * Every method throws what the methods of `Api` throw.
 */
export class AdminApi {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Counts the active conversations in each view, up to 100. */
  views(): Promise<Views> {
    return this.#call("GET", "/api/chat/views");
  }

  /** Fetches the admins whom a conversation can be assigned to, by name. */
  admins(): Promise<AdminList> {
    return this.#call("GET", "/api/chat/admins");
  }

  /**
   * Does the same in 1 to 25 conversations. A repeated request with the same `id` does nothing that
   * is done.
   */
  bulk(request: BulkRequest): Promise<BulkAnswer> {
    return this.#call("POST", "/api/chat/bulk", request);
  }

  /** Fetches the shop's tags, by name. */
  tags(): Promise<TagList> {
    return this.#call("GET", "/api/chat/tags");
  }

  /** Adds a tag. */
  addTag(tag: TagRequest): Promise<TagAnswer> {
    return this.#call("POST", "/api/chat/tags", tag);
  }

  /** Changes a tag's name and color. */
  changeTag(id: TagId, tag: TagRequest): Promise<TagAnswer> {
    return this.#call("PATCH", `/api/chat/tags/${encodeURIComponent(id)}`, tag);
  }

  /** Deletes a tag. Returns the others. */
  deleteTag(id: TagId): Promise<TagList> {
    return this.#call("DELETE", `/api/chat/tags/${encodeURIComponent(id)}`);
  }

  /** Fetches the shop's canned responses and the caller's own, by shortcut. */
  cannedResponses(): Promise<CannedResponseList> {
    return this.#call("GET", "/api/chat/canned-responses");
  }

  /** Adds a canned response. */
  addCannedResponse(response: CannedResponseRequest): Promise<CannedResponseAnswer> {
    return this.#call("POST", "/api/chat/canned-responses", response);
  }

  /** Changes a canned response. */
  changeCannedResponse(id: TagId, response: CannedResponseRequest): Promise<CannedResponseAnswer> {
    return this.#call("PATCH", `/api/chat/canned-responses/${encodeURIComponent(id)}`, response);
  }

  /** Deletes a canned response. Returns the others. */
  deleteCannedResponse(id: TagId): Promise<CannedResponseList> {
    return this.#call("DELETE", `/api/chat/canned-responses/${encodeURIComponent(id)}`);
  }

  /** Fetches the shop's SLA. */
  sla(): Promise<Sla> {
    return this.#call("GET", "/api/chat/sla");
  }

  /** Replaces the shop's SLA. Without a policy the shop has none. */
  setSla(sla: Sla): Promise<Sla> {
    return this.#call("PUT", "/api/chat/sla", sla);
  }
}
