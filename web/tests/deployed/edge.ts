import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A TLS proxy that accepts every host name, like AWS's network, and forwards requests to the
 * emulator.
 */
export interface Edge {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on a free port in front of `emulator` (`http://127.0.0.1:PORT`). It answers `POST
 * /dev/token` in place of the shop's identity provider, with a token that is signed with `secret`.
 */
export async function openEdge(emulator: string, secret: string): Promise<Edge> {
  const to = new URL(emulator);
  const server = createServer(certificate(), (asked, answer) => {
    if (asked.url === "/dev/token") return void token(asked, answer, secret);
    const headers = { ...asked.headers, "x-forwarded-proto": "https" };
    // The emulator finds a distribution by its host name, and an API by a special path.
    const api = /^([^.]+)\.execute-api\./.exec(asked.headers.host ?? "")?.[1];
    const path = api === undefined ? asked.url : `/_aws/execute-api/${api}/$default${asked.url}`;
    if (api !== undefined) headers.host = to.host;
    const onward = request({ host: to.hostname, port: to.port, path, method: asked.method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function token(asked: IncomingMessage, answer: ServerResponse, secret: string): Promise<void> {
  let body = "";
  for await (const part of asked) body += String(part);
  const claims = { ...(JSON.parse(body) as object), exp: Math.floor(Date.now() / 1000) + 3600 };
  const [head, payload] = [{ alg: "HS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = createHmac("sha256", secret).update(`${head}.${payload}`).digest("base64url");
  answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token: `${head}.${payload}.${signature}` }));
}

/** Creates a self-signed certificate. Clients have to ignore that it is not trusted. */
function certificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "order-chat-edge-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=edge"];
    execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", cert], { stdio: "pipe" });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
