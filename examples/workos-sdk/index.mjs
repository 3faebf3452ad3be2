// The quick start of the WorkOS documentation, with the official SDK, against
// Reeve: an organization with a workspace and projects in it; roles; a check;
// and what somebody may see.
//
//   make run                                    # in another terminal, at the top of the repository
//   cd examples/workos-sdk && npm ci && node index.mjs
//
// REEVE_URL        where the server is (default http://127.0.0.1:8700)
// REEVE_API_KEY    the API key to call it with
// REEVE_BOOTSTRAP  or the file that the server wrote at its first start
//                  (default ../../reeve-data/bootstrap.json)
//
// It can be run again and again: each run begins by taking away what an earlier
// one left.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ConflictException, NotFoundException, WorkOS } from '@workos-inc/node';

const url = new URL(process.env.REEVE_URL || 'http://127.0.0.1:8700');
const key = apiKey();
const workos = new WorkOS(key, {
  apiHostname: url.hostname,
  port: Number(url.port) || undefined,
  https: url.protocol === 'https:',
});
const { authorization, organizations, userManagement } = workos;

let acme, ana, website; // the organization, Ana's membership of it, a project

await step('Start afresh', async () => {
  const [old, user] = [await found(organizations.getOrganizationByExternalId('acme')), await found(userManagement.getUserByExternalId('ana'))];
  if (old) {
    await organizations.deleteOrganization(old.id); // with all that is below it
  }
  if (user) {
    await userManagement.deleteUser(user.id);
  }
  return 'nothing of an earlier run is left';
});

// WorkOS has this in its dashboard only, so it is an API of Reeve's own. A file
// does as well: reeve apply -f model.yaml
await step('Say what there is: workspaces in organizations, projects in workspaces', async () => {
  await resourceType({ slug: 'workspace', name: 'Workspace', parents: ['organization'] });
  await resourceType({ slug: 'project', name: 'Project', parents: ['workspace'] });
  return 'organization > workspace > project';
});

await step('Define permissions, and roles that have them', async () => {
  for (const slug of ['project:view', 'project:edit']) {
    await made(authorization.createPermission({ slug, name: slug, resourceTypeSlug: 'project' }));
  }
  await made(authorization.createEnvironmentRole({ slug: 'workspace-admin', name: 'Workspace admin', resourceTypeSlug: 'workspace' }));
  await made(authorization.createEnvironmentRole({ slug: 'project-viewer', name: 'Project viewer', resourceTypeSlug: 'project' }));
  const admin = await authorization.setEnvironmentRolePermissions('workspace-admin', { permissions: ['project:view', 'project:edit'] });
  const viewer = await authorization.setEnvironmentRolePermissions('project-viewer', { permissions: ['project:view'] });
  return [admin, viewer].map(role => `${role.slug}: ${role.permissions.toSorted().join(', ')}`).join('; ');
});

await step('Make an organization, and Ana a member of it', async () => {
  acme = await organizations.createOrganization({ name: 'Acme', externalId: 'acme' });
  const user = await userManagement.createUser({ email: 'ana@acme.example', firstName: 'Ana', externalId: 'ana' });
  ana = await userManagement.createOrganizationMembership({ organizationId: acme.id, userId: user.id });
  return `Ana is ${ana.role.slug} of ${acme.name}`;
});

await step('Register a workspace with two projects', async () => {
  const common = { organizationId: acme.id };
  await authorization.createResource({ ...common, resourceTypeSlug: 'workspace', externalId: 'design', name: 'Design' });
  const parent = { parentResourceTypeSlug: 'workspace', parentResourceExternalId: 'design' };
  website = await authorization.createResource({ ...common, ...parent, resourceTypeSlug: 'project', externalId: 'website', name: 'Website' });
  await authorization.createResource({ ...common, ...parent, resourceTypeSlug: 'project', externalId: 'app', name: 'App' });
  return 'design > website, app';
});

await step('May Ana edit the website?', () => may('project:edit'));

await step('Make her a viewer of the website', async () => {
  const { role, resource } = await authorization.assignRole({ organizationMembershipId: ana.id, roleSlug: 'project-viewer', resourceId: website.id });
  return `${role.slug} on ${resource.externalId}`;
});

await step('May she view it?', () => may('project:view'));
await step('May she edit it?', () => may('project:edit'));
await step('Which projects of the workspace may she view?', projects);

await step('Make her admin of the workspace', async () => {
  const { role, resource } = await authorization.assignRole({
    organizationMembershipId: ana.id, roleSlug: 'workspace-admin', resourceTypeSlug: 'workspace', resourceExternalId: 'design',
  });
  return `${role.slug} on ${resource.externalId}`;
});

await step('May she edit the website now?', () => may('project:edit'));
await step('Which projects of the workspace may she view?', projects);

await step('What may she do with the website?', async () => {
  const { data } = await authorization.listEffectivePermissions({ organizationMembershipId: ana.id, resourceId: website.id });
  return data.map(permission => permission.slug).toSorted().join(', ');
});

await step('Who may edit the website, by whatever way?', async () => {
  const { data } = await authorization.listMembershipsForResource({ resourceId: website.id, permissionSlug: 'project:edit', assignment: 'indirect' });
  const users = await Promise.all(data.map(membership => userManagement.getUser(membership.userId)));
  return users.map(user => user.firstName).join(', ');
});

async function may(permissionSlug) {
  const { authorized } = await authorization.check({ organizationMembershipId: ana.id, permissionSlug, resourceId: website.id });
  return authorized ? 'yes' : 'no';
}

async function projects() {
  const { data } = await authorization.listResourcesForMembership({
    organizationMembershipId: ana.id, permissionSlug: 'project:view',
    parentResourceTypeSlug: 'workspace', parentResourceExternalId: 'design', order: 'asc',
  });
  return data.map(project => project.externalId).join(', ');
}

/** resourceType defines a type, unless an earlier run did. */
async function resourceType(type) {
  const response = await fetch(new URL('/api/v1/resource-types', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(type),
  });
  if (!response.ok && response.status !== 409) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
}

/** made lets a thing be there already. */
async function made(call) {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ConflictException)) {
      throw error;
    }
  }
}

/** found is undefined if there is no such thing. */
async function found(call) {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof NotFoundException)) {
      throw error;
    }
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

/** explain says in words what was thrown: a refusal of the server, or that there is none. */
function explain(error) {
  if (error.status) {
    return `${error.status} ${error.message} (${error.code ?? 'no code'})`;
  }
  if (/ECONNREFUSED|fetch failed/.test(`${error.message} ${error.cause?.message} ${error.cause?.cause?.message}`)) {
    return `nothing answers at ${url.origin}; start the server with "make run", or set REEVE_URL`;
  }
  return error.stack || error.message;
}

function apiKey() {
  if (process.env.REEVE_API_KEY) {
    return process.env.REEVE_API_KEY;
  }
  const file = process.env.REEVE_BOOTSTRAP || fileURLToPath(new URL('../../reeve-data/bootstrap.json', import.meta.url));
  try {
    return JSON.parse(readFileSync(file, 'utf8')).apiKey;
  } catch (error) {
    console.error(`No API key: set REEVE_API_KEY, or REEVE_BOOTSTRAP to the server's bootstrap.json (${error.message})`);
    process.exit(1);
  }
}
