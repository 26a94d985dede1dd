// Turns requests into what is agreed on, with the HTTP server of Node's library.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";

const PIECE = 10_000;

const pages = new Map();

function page(length) {
  if (!pages.has(length)) {
    let text = "";
    for (let line = 0; line * 9 < length; line += 1) text += String(line).padStart(8, "0") + "\n";
    pages.set(length, Buffer.from(text).subarray(0, length));
  }
  return pages.get(length);
}

function summed(body) {
  return `${body.length} ${createHash("sha256").update(body).digest("hex")}`;
}

async function collected(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* pieces(body) {
  for (let at = 0; at < body.length; at += PIECE) yield body.subarray(at, at + PIECE);
}

async function* events(count) {
  for (let number = 0; number < count; number += 1) {
    yield `id: ${number}\ndata: event ${number}\n\n`;
    await setTimeout(1);
  }
}

async function answer(request, response) {
  const [, kind, rest] = request.url.split("/");
  const { method } = request;
  const number = Number(rest);
  response.setHeader("x-id", request.headers["x-id"] ?? "");
  response.setHeader("x-connection", request.socket.remotePort);
  const plain = (body, code = 200) => {
    const length = code === 204 || code === 304 ? {} : { "content-length": Buffer.byteLength(body) };
    response.writeHead(code, length).end(body);
  };
  const reads = method === "GET" || method === "HEAD";
  if (reads && kind === "bytes" && rest === String(number)) return plain(page(number));
  if (kind === "bytes" && rest === String(number)) return plain("405", 405);
  if (reads && kind === "chunks") return pipeline(pieces(page(number)), response);
  if (reads && kind === "events") {
    response.setHeader("content-type", "text/event-stream");
    return pipeline(events(number), response);
  }
  if (reads && kind === "trailers") {
    response.setHeader("trailer", "x-sum");
    response.addTrailers({ "x-sum": summed(page(number)) });
    return pipeline(pieces(page(number)), response);
  }
  if (reads && kind === "hints") {
    response.writeProcessing();
    response.writeEarlyHints({ link: "</style>; rel=preload" });
    return plain(page(number));
  }
  if (kind === "sum") return plain(summed(await collected(request)));
  if (kind === "echo") return pipeline(request, response);
  if (kind === "status") return plain(number === 204 || number === 304 ? "" : rest, number);
  if (kind === "refused") return response.writeHead(413, { connection: "close", "content-length": 3 }).end("413");
  return plain("404", 404);
}

const server = createServer((request, response) => answer(request, response).catch(() => response.destroy()));
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port} node ${process.version}`);
});
process.stdin.resume().on("end", () => process.exit(0));
