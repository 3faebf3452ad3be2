// Starts the real server for a test file, with SDK clients of it.

import assert from 'node:assert/strict';

import { AuthressClient } from '@authress/sdk';

import { startServer as start } from '../process/process.mjs';

/** startServer is that of the process, and gives SDK clients besides. args are further flags of `reeve serve`. */
export async function startServer(...args) {
  const server = await start(...args);
  const options = { authressApiUrl: server.url, userAgent: 'compat' };
  return {
    ...server,

    /** client is an SDK client, of the first client with all rights unless another key is given. */
    client: (accessKey = server.accessKey) => new AuthressClient(options, accessKey),

    /** as is an SDK client that sends that token, as an application does for its user. */
    as: token => new AuthressClient(options, () => token),
  };
}

/**
 * refused asserts that the SDK call fails with that status, with a body that
 * has a title, an errorCode (that one, if given) and an errorId, which is also
 * a header, and returns the error.
 */
export async function refused(call, status, errorCode) {
  let error;
  try {
    await call;
  } catch (e) {
    error = e;
  }
  assert.ok(error, `the call succeeded; want status ${status}`);
  assert.equal(error.status, status, `status of ${describe(error)}`);
  for (const field of ['title', 'errorCode', 'errorId']) {
    assert.equal(typeof error.data?.[field], 'string', `${field} of ${describe(error)}`);
    assert.notEqual(error.data[field], '', `${field} of ${describe(error)}`);
  }
  assert.equal(error.headers['x-request-id'], error.data.errorId, `x-request-id of ${describe(error)}`);
  if (errorCode) {
    assert.equal(error.data.errorCode, errorCode, `errorCode of ${describe(error)}`);
  }
  return error;
}

function describe(error) {
  return error instanceof Error ? error.stack : JSON.stringify({ url: error.url, status: error.status, message: error.message, data: error.data });
}

/** newClient creates a service client with a key of its own, and returns its SDK client, id and key. */
export async function newClient(server, body = { name: 'compat' }) {
  const admin = server.client();
  const { data: client } = await admin.serviceClients.createClient(body);
  const { data: key } = await admin.serviceClients.requestAccessKey(client.clientId);
  return { clientId: client.clientId, keyId: key.keyId, accessKey: key.accessKey, sdk: server.client(key.accessKey) };
}

/** newRole creates a role that allows those actions. */
export async function newRole(admin, roleId, ...actions) {
  const permissions = actions.map(action => ({ action, allow: true, grant: false, delegate: false }));
  await admin.roles.createRole({ roleId, name: roleId, permissions });
}

/** give creates a record that gives one user roles on resources. */
export async function give(admin, userId, roles, ...resources) {
  const { data } = await admin.accessRecords.createRecord({
    name: `what ${userId} has`,
    users: [{ userId }],
    statements: [{ roles: [roles].flat(), resources: resources.map(resourceUri => ({ resourceUri })) }],
  });
  return data;
}

/** may tells whether the user is authorized; what is neither yes nor no is thrown. */
export async function may(sdk, userId, permission, resourceUri) {
  try {
    await sdk.userPermissions.authorizeUser(userId, resourceUri, permission);
    return true;
  } catch (error) {
    if (error.code === 'UnauthorizedError') {
      return false;
    }
    throw error;
  }
}
