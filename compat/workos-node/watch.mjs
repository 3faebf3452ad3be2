// Which methods the SDK has, and which were called with success.

/**
 * The modules of the SDK that are called in full; of userManagement and
 * organizations those methods are left out that ask for what is no part of
 * authorization, or compute something without a server.
 */
const modules = {
  authorization: () => true,
  organizations: name => !/ItContact/.test(name),
  userManagement: name => /^(get|list|create|update|delete)User(s|ByExternalId|ApiKeys?)?$|OrganizationMembership/.test(name),
  groups: () => true,
  apiKeys: () => true,
  events: () => true,
  webhooks: name => /Endpoint|^constructEvent$/.test(name),
  auditLogs: () => true,
  organizationDomains: () => true,
};

/** A Watch notes which methods succeeded. */
export class Watch {
  #succeeded = new Set();

  /** client returns the client with its calls noted. */
  client(client) {
    return new Proxy(client, {
      get: (target, field) => (Object.hasOwn(modules, field) ? this.#module(target[field], field) : target[field]),
    });
  }

  /** left names the methods that never succeeded. */
  left(client) {
    return Object.entries(modules).flatMap(([field, wanted]) => Object.getOwnPropertyNames(Object.getPrototypeOf(client[field]))
      .filter(name => name !== 'constructor' && wanted(name))
      .map(name => `${field}.${name}`))
      .filter(name => !this.#succeeded.has(name));
  }

  #module(module, field) {
    return new Proxy(module, {
      get: (target, name) => {
        const value = target[name];
        if (typeof value !== 'function') {
          return value;
        }
        return (...args) => {
          const result = value.apply(target, args);
          result?.then?.(() => this.#succeeded.add(`${field}.${name}`), () => {});
          return result;
        };
      },
    });
  }
}
