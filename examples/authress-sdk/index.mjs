// The flow of the Authress documentation, with the official SDK, against Reeve:
// ask, and be denied; make a role and a record that gives it; ask again, and be
// allowed; list what the user may do.
//
//   make run                                    # in another terminal, at the top of the repository
//   cd examples/authress-sdk && npm ci && node index.mjs
//
// REEVE_URL         where the server is (default http://127.0.0.1:8700)
// REEVE_ACCESS_KEY  the access key to call it with
// REEVE_BOOTSTRAP   or the file that the server wrote at its first start
//                   (default ../../reeve-data/bootstrap.json)
//
// It can be run again and again: each run begins by taking away what an earlier
// one left.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { AuthressClient } from '@authress/sdk';

const url = process.env.REEVE_URL || 'http://127.0.0.1:8700';
const authress = new AuthressClient({ authressApiUrl: url, userAgent: 'reeve-example' }, accessKey());

const user = 'ana';
const document = 'documents/report-2024';
const roleId = 'ro_document_reader';
const recordId = 'rec_ana_reads_documents';

await step('Start afresh', async () => {
  await ignoreStatus(404, authress.accessRecords.deleteRecord(recordId));
  await ignoreStatus(404, authress.roles.deleteRole(roleId));
  return 'nothing of an earlier run is left';
});

await step(`May ${user} read ${document}?`, ask);

await step(`Make the role ${roleId}`, async () => {
  const { data } = await authress.roles.createRole({
    roleId,
    name: 'Document reader',
    permissions: [{ action: 'documents:read', allow: true, grant: false, delegate: false }],
  });
  return `made, it allows ${data.permissions.map(p => p.action).join(', ')}`;
});

await step(`Give ${user} that role on documents/*`, async () => {
  const { data } = await authress.accessRecords.createRecord({
    recordId,
    name: 'Ana reads documents',
    users: [{ userId: user }],
    statements: [{ roles: [roleId], resources: [{ resourceUri: 'documents/*' }] }],
  });
  return `record ${data.recordId} is ${data.status}`;
});

await step(`May ${user} read ${document} now?`, ask);

await step(`What may ${user} do with ${document}?`, async () => {
  const { data } = await authress.userPermissions.getUserPermissionsForResource(user, document);
  return data.permissions.filter(p => p.allow).map(p => p.action).join(', ');
});

async function ask() {
  try {
    await authress.userPermissions.authorizeUser(user, document, 'documents:read');
    return 'yes';
  } catch (error) {
    if (error.code === 'UnauthorizedError') {
      return 'no';
    }
    throw error; // the server could not say: that is neither yes nor no
  }
}

async function step(what, run) {
  try {
    console.log(`${what}\n  -> ${await run()}`);
  } catch (error) {
    console.error(`${what}\n  -> failed: ${explain(error)}`);
    process.exit(1);
  }
}

async function ignoreStatus(status, call) {
  try {
    await call;
  } catch (error) {
    if (error.status !== status) {
      throw error;
    }
  }
}

/** explain says in words what the SDK threw: a refusal of the server, or that there is none. */
function explain(error) {
  if (error.status) {
    return `${error.status} ${error.data?.title ?? ''} (${error.data?.errorCode ?? 'no error code'})`;
  }
  if (error.code === 'ECONNREFUSED') {
    return `nothing answers at ${url}; start the server with "make run", or set REEVE_URL`;
  }
  return error.stack || error.message;
}

function accessKey() {
  if (process.env.REEVE_ACCESS_KEY) {
    return process.env.REEVE_ACCESS_KEY;
  }
  const file = process.env.REEVE_BOOTSTRAP || fileURLToPath(new URL('../../reeve-data/bootstrap.json', import.meta.url));
  try {
    return JSON.parse(readFileSync(file, 'utf8')).accessKey;
  } catch (error) {
    console.error(`No access key: set REEVE_ACCESS_KEY, or REEVE_BOOTSTRAP to the server's bootstrap.json (${error.message})`);
    process.exit(1);
  }
}
