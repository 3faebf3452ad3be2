// A session of the official command line: an environment is pointed at the
// server, and everything is done with its commands. What it sends and gets is
// held to the contract, as in ../workos-node.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startServer } from '../../process/process.mjs';
import { startProxy } from '../../workos-node/proxy.mjs';

const program = fileURLToPath(new URL('../node_modules/.bin/workos', import.meta.url));

let server, proxy, home; // home is where the command line keeps what it was told

before(async () => {
  server = await startServer('--outbound-allow', '127.0.0.1');
  proxy = await startProxy(server);
  home = mkdtempSync(join(tmpdir(), 'workos-cli-'));
});

after(async () => {
  await proxy?.stop();
  await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** workos runs a command and resolves to what it printed, which is JSON, or rejects with its error. */
function workos(...args) {
  const env = { PATH: process.env.PATH, HOME: home, WORKOS_TELEMETRY: 'false', WORKOS_NO_PROMPT: '1' };
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: home, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const shown = (stdout.trim() || stderr.trim()).split('\n').at(-1);
      let printed;
      try {
        printed = JSON.parse(shown);
      } catch {
        return reject(new Error(`workos ${args.join(' ')} printed ${stdout} ${stderr}`));
      }
      if (error || printed.error) {
        return reject(Object.assign(new Error(`workos ${args.join(' ')}: ${shown}`), printed.error));
      }
      resolve(printed.data ?? printed);
    }).stdin.end();
  });
}

/** command is a test that fails too if the contract finds anything wrong. */
function command(name, run) {
  test(name, async () => {
    proxy.problems();
    await run();
    assert.deepEqual(proxy.problems(), []);
  });
}

const slugs = list => list.map(x => x.slug);

let organization, user; // made on the way

command('workos env', async () => {
  await workos('env', 'add', 'local', server.apiKey, '--endpoint', proxy.url, '--insecure-storage');
  const [env] = await workos('env', 'list');
  assert.deepEqual([env.name, env.active, env.endpoint, env.hasApiKey], ['local', true, proxy.url, true]);
});

command('workos permission', async () => {
  const made = await workos('permission', 'create', '--slug', 'docs:read', '--name', 'Read', '--description', 'Reads.');
  assert.deepEqual(await workos('permission', 'get', 'docs:read'), made);
  assert.equal((await workos('permission', 'update', 'docs:read', '--name', 'Look')).name, 'Look');
  await workos('permission', 'create', '--slug', 'docs:write', '--name', 'Write');
  assert.ok(slugs(await workos('permission', 'list')).includes('docs:write'));
  await workos('permission', 'delete', 'docs:write');
  await assert.rejects(workos('permission', 'get', 'docs:write'), { code: 'entity_not_found' });
});

command('workos role', async () => {
  await workos('role', 'create', '--slug', 'editor', '--name', 'Editor');
  assert.deepEqual((await workos('role', 'set-permissions', 'editor', '--permissions', 'docs:read')).permissions, ['docs:read']);
  assert.deepEqual((await workos('role', 'add-permission', 'editor', 'widgets:sso:manage')).permissions.toSorted(), ['docs:read', 'widgets:sso:manage']);
  assert.equal((await workos('role', 'update', 'editor', '--name', 'Writer')).name, 'Writer');
  assert.equal((await workos('role', 'get', 'editor')).name, 'Writer');
  assert.deepEqual(slugs(await workos('role', 'list')), ['member', 'editor']);
});

command('workos organization', async () => {
  organization = await workos('organization', 'create', 'Acme', 'acme.example:verified');
  assert.equal((await workos('organization', 'get', organization.id)).name, 'Acme');
  assert.equal((await workos('organization', 'update', organization.id, 'Acme 2')).name, 'Acme 2');
  assert.deepEqual((await workos('organization', 'list')).map(o => o.id), [organization.id]);
});

command('workos role --org', async () => {
  const org = ['--org', organization.id];
  await workos('role', 'create', '--slug', 'org-buyer', '--name', 'Buyer', ...org);
  await workos('role', 'set-permissions', 'org-buyer', '--permissions', 'docs:read', ...org);
  await workos('role', 'remove-permission', 'org-buyer', 'docs:read', ...org);
  assert.deepEqual(slugs(await workos('role', 'list', ...org)), ['member', 'editor', 'org-buyer']);
  await workos('role', 'delete', 'org-buyer', ...org);
  assert.deepEqual(slugs(await workos('role', 'list', ...org)), ['member', 'editor']);
});

command('workos user, and api', async () => {
  user = await workos('api', '/user_management/users', '-d', JSON.stringify({ email: 'ana@acme.example' }), '-y');
  assert.equal((await workos('user', 'get', user.id)).email, 'ana@acme.example');
  assert.equal((await workos('user', 'update', user.id, '--first-name', 'Ana')).firstName, 'Ana');
  assert.deepEqual((await workos('user', 'list')).map(u => u.id), [user.id]);
  assert.equal((await workos('api', '/authorization/permissions/docs:read')).slug, 'docs:read');
});

command('workos membership', async () => {
  const made = await workos('membership', 'create', '--org', organization.id, '--user', user.id, '--role', 'editor');
  assert.deepEqual(made.role, { slug: 'editor' });
  assert.deepEqual((await workos('membership', 'update', made.id, '--role', 'member')).role, { slug: 'member' });
  assert.equal((await workos('membership', 'deactivate', made.id)).status, 'inactive');
  assert.equal((await workos('membership', 'reactivate', made.id)).status, 'active');
  assert.equal((await workos('membership', 'get', made.id)).id, made.id);
  assert.deepEqual((await workos('membership', 'list', '--org', organization.id)).map(m => m.id), [made.id]);
  await workos('membership', 'delete', made.id);
  assert.deepEqual(await workos('membership', 'list', '--org', organization.id), []);
});

command('workos event', async () => {
  const events = await workos('event', 'list', '--events', 'organization_membership.created,organization_membership.deleted', '--org', organization.id);
  assert.deepEqual(events.map(e => e.event).toSorted(), ['organization_membership.created', 'organization_membership.deleted']);
});

command('workos webhook', async () => {
  const made = await workos('webhook', 'create', '--url', 'http://127.0.0.1:9/hook', '--events', 'role.created,role.updated');
  assert.deepEqual((await workos('webhook', 'list')).map(e => e.id), [made.id]);
  await workos('webhook', 'delete', made.id);
  assert.deepEqual(await workos('webhook', 'list'), []);
});

command('workos org-domain', async () => {
  const made = await workos('org-domain', 'create', 'more.example', '--org', organization.id);
  assert.equal((await workos('org-domain', 'get', made.id)).domain, 'more.example');
  assert.equal((await workos('org-domain', 'verify', made.id)).id, made.id);
  await workos('org-domain', 'delete', made.id);
  await assert.rejects(workos('org-domain', 'get', made.id), { code: 'entity_not_found' });
});

command('workos api-key', async () => {
  const made = await workos('api-key', 'create', '--org', organization.id, '--name', 'CI', '--permissions', 'docs:read');
  assert.equal((await workos('api-key', 'validate', made.value)).apiKey.id, made.id);
  assert.deepEqual((await workos('api-key', 'list', '--org', organization.id)).map(k => k.id), [made.id]);
  await workos('api-key', 'delete', made.id);
  assert.deepEqual(await workos('api-key', 'list', '--org', organization.id), []);
});

command('workos audit-log', async () => {
  writeFileSync(join(home, 'schema.json'), JSON.stringify({ targets: [{ type: 'document' }] }));
  await workos('audit-log', 'create-schema', 'document.opened', '--file', 'schema.json');
  await workos('audit-log', 'create-event', organization.id, '--action', 'document.opened', '--actor-type', 'user', '--actor-id', user.id,
    '--targets', JSON.stringify([{ id: 'd1', type: 'document' }]));
  await workos('audit-log', 'list-actions');
  await workos('audit-log', 'get-schema', 'document.opened');
  await workos('audit-log', 'get-retention', organization.id);
});

command('workos setup-org', async () => {
  const made = await workos('setup-org', 'Beta', '--domain', 'beta.example');
  assert.equal((await workos('organization', 'get', made.organizationId)).name, 'Beta');
});

// The part of a seed file named config is about signing in, which Reeve does not do.
command('workos seed, its end, and again', async () => {
  writeFileSync(join(home, 'seed.yml'), `
permissions:
  - {name: Read posts, slug: 'posts:read'}
roles:
  - {name: Admin, slug: admin, permissions: ['posts:read']}
organizations:
  - {name: Seeded, domains: [seeded.example]}
`);
  await workos('seed', '--file', 'seed.yml');
  assert.deepEqual((await workos('role', 'get', 'admin')).permissions, ['posts:read']);
  await workos('seed', '--file', 'seed.yml', '--clean'); // of what the last run made
  await assert.rejects(workos('permission', 'get', 'posts:read'), { code: 'entity_not_found' });
  await workos('seed', '--file', 'seed.yml');
  await workos('seed', '--file', 'seed.yml'); // passes over what there is
  assert.deepEqual((await workos('role', 'get', 'admin')).permissions, ['posts:read']);
});

command('workos organization delete, and user delete', async () => {
  await workos('organization', 'delete', organization.id);
  await assert.rejects(workos('organization', 'get', organization.id), { code: 'entity_not_found' });
  await workos('user', 'delete', user.id);
});
