// Runs the real server, as a process of its own, for the Node tests that drive
// it from outside, and always stops it.
//
// REEVE_BIN names the binary; without it, ../../bin/reeve is used.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const binary = process.env.REEVE_BIN || fileURLToPath(new URL('../../bin/reeve', import.meta.url));
const startWithin = 20_000; // ms
const stopWithin = 10_000; // ms

/**
 * startServer resolves once GET /readyz answers 200. It rejects with the
 * server's log if that does not happen, or if the server ends before. args are
 * further flags of `reeve serve`.
 */
export async function startServer(...args) {
  const data = mkdtempSync(join(tmpdir(), 'reeve-compat-'));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await start(port, data, args);
    } catch (error) {
      // Another program may take the port before the server does.
      if (attempt === 3 || !/address already in use/.test(error.message)) {
        rmSync(data, { recursive: true, force: true });
        throw error;
      }
    }
  }
}

async function start(port, data, args) {
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(binary, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', text => { log += text; });
  child.stderr.setEncoding('utf8').on('data', text => { log += text; });

  let ended = null; // how, once it has
  const end = new Promise(resolve => {
    child.on('error', error => resolve(ended = `could not be started: ${error.message}`));
    child.on('exit', (code, signal) => resolve(ended = signal ? `was ended by ${signal}` : `ended with ${code}`));
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill); // whatever becomes of the test

  for (const deadline = Date.now() + startWithin; ; await sleep(25)) {
    if (ended) {
      throw new Error(`${binary} ${ended}. Its log:\n${log}`);
    }
    const ready = await fetch(`${url}/readyz`).then(r => r.ok, () => false);
    if (ready) {
      break;
    }
    if (Date.now() > deadline) {
      kill();
      await end;
      throw new Error(`${binary} was not ready at ${url} within ${startWithin} ms. Its log:\n${log}`);
    }
  }

  const bootstrap = JSON.parse(readFileSync(join(data, 'bootstrap.json'), 'utf8'));
  return {
    url,
    port,
    data,
    ...bootstrap, // accountId, accessKey, apiKey

    log: () => log,

    /** stop asks the server to end, and rejects unless it does so cleanly and soon. */
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([end, sleep(stopWithin, null, { ref: false })]);
      const how = ended;
      kill();
      process.off('exit', kill);
      rmSync(data, { recursive: true, force: true });
      assert.equal(how, 'ended with 0', `how the server stopped. Its log:\n${log}`);
      assert.ok(!log.includes('DATA RACE'), `the server has a data race:\n${log}`); // REEVE_BIN may be built with -race
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
