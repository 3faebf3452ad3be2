// A proxy in front of the server that holds every request and every answer to
// the contract, and remembers which operations were called and how they ended.

import { createServer, request } from 'node:http';

import { Contract } from './contract.mjs';

/** startProxy resolves to a proxy on a port of its own that passes all on to the server. */
export async function startProxy(server) {
  const proxy = new Proxy(server);
  await proxy.listen();
  return proxy;
}

class Proxy {
  contract = new Contract();
  port; // once it listens
  #server;
  #listener = createServer((req, res) => this.#serve(req, res));
  #seen = new Map(); // from an operation's name to a Set of statuses
  #problems = [];
  #instead = null; // the answer to give to the next request

  constructor(server) {
    this.#server = server;
  }

  listen() {
    return new Promise((resolve, reject) => {
      this.#listener.on('error', reject);
      this.#listener.listen(0, '127.0.0.1', () => {
        this.port = this.#listener.address().port;
        resolve();
      });
    });
  }

  stop() {
    this.#listener.closeAllConnections();
    return new Promise(resolve => this.#listener.close(resolve));
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** seen is the Set of statuses that the operation's calls ended with. */
  seen(name) {
    return this.#seen.get(name) ?? new Set();
  }

  /** problems returns what was found wrong since it was last called. */
  problems() {
    return this.#problems.splice(0);
  }

  /** answerNext answers the next request in the server's stead: what it does not do on demand. */
  answerNext(status, body, headers = {}) {
    this.#instead = { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(body)) };
  }

  async #serve(req, res) {
    try {
      const body = await read(req);
      const instead = this.#instead;
      this.#instead = null;
      const answer = instead ?? await this.#pass(req, body);
      this.#judge(req, body, answer, instead !== null);
      const { 'transfer-encoding': _, connection: __, ...headers } = answer.headers;
      res.writeHead(answer.status, headers);
      res.end(answer.body);
    } catch (error) {
      this.#problems.push(`${req.method} ${req.url}: ${error.stack}`);
      res.destroy();
    }
  }

  #pass(req, body) {
    return new Promise((resolve, reject) => {
      const headers = { ...req.headers, 'accept-encoding': 'identity' }; // answers are read here
      const out = request({ host: '127.0.0.1', port: this.#server.port, method: req.method, path: req.url, headers }, async res => {
        resolve({ status: res.statusCode, headers: res.headers, body: await read(res) });
      });
      out.on('error', reject);
      out.end(body);
    });
  }

  #judge(req, rawRequest, answer, made) {
    const [path, search = ''] = req.url.split('?');
    const route = this.contract.find(req.method, path);
    if (!route) {
      this.#note(req, rawRequest, answer, answer.status === 404 ? [] : [`answered ${answer.status}, and is not in the contract`]);
      return;
    }
    if (!made) {
      this.#seen.set(route.name, (this.#seen.get(route.name) ?? new Set()).add(answer.status));
    }
    const sent = json(rawRequest);
    const wrong = sent instanceof Error ? [sent.message] : this.contract.requestProblems(route, new URLSearchParams(search), sent);
    const problems = wrong.length > 0 && answer.status < 400 ? wrong.map(w => `accepted, but ${w}`) : [];
    const got = json(answer.body);
    problems.push(...got instanceof Error ? [`the answer is no JSON: ${got.message}`]
      : this.contract.responseProblems(route, answer.status, answer.headers['content-type'], got, wrong.length > 0));
    if (!made && !answer.headers['x-request-id']) {
      problems.push('the answer has no x-request-id');
    }
    this.#note(req, rawRequest, answer, problems);
  }

  #note(req, rawRequest, answer, problems) {
    if (problems.length > 0) {
      this.#problems.push(`${req.method} ${req.url} ${rawRequest}\n  answered ${answer.status} ${answer.body}\n${problems.map(p => `  - ${p}`).join('\n')}`);
    }
  }
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** json parses a body; undefined if there is none, an Error if it is no JSON. */
function json(body) {
  if (body.length === 0) {
    return undefined;
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    return error;
  }
}
