// Which methods the SDK has, and how the calls of each ended.

import * as sdk from '@authress/sdk';

/** Exports and methods that ask the server nothing. */
const local = ['ApiError', 'AuthressClient', 'ServiceClientTokenProvider', 'UnauthorizedError', 'setToken'];

/**
 * methodsOf names every method of a client, "roles.getRole" or "verifyToken",
 * and every function of the package, but for those that ask the server nothing.
 */
export function methodsOf(client) {
  const names = methodNames(client);
  for (const [field, value] of Object.entries(client)) {
    if (isApi(value)) {
      names.push(...methodNames(value).map(name => `${field}.${name}`));
    }
  }
  names.push(...Object.keys(sdk.default).filter(name => typeof sdk.default[name] === 'function'));
  return names.filter(name => !local.includes(name)).sort();
}

/** The parts of a client that have the methods are instances of classes whose names end in Api. */
const isApi = value => /Api$/.test(value?.constructor?.name);

const methodNames = object => Object.getOwnPropertyNames(Object.getPrototypeOf(object))
  .filter(name => name !== 'constructor' && typeof object[name] === 'function');

/** A Watch notes of each method whether calls of it succeeded and whether the server refused some. */
export class Watch {
  #ends = new Map(); // from a method's name to a Set of "succeeded" and "refused"

  /** client returns the client with its calls noted. What its methods call themselves is not. */
  client(client) {
    return this.#object(client, '');
  }

  /** func returns the function with its calls noted. */
  func(func, name) {
    return this.#call(func, undefined, name);
  }

  /** ends says how calls of the method ended: "succeeded", "refused", both or neither. */
  ends(name) {
    return [...this.#ends.get(name) ?? []].sort();
  }

  #object(object, prefix) {
    return new Proxy(object, {
      get: (target, name) => {
        const value = target[name];
        if (isApi(value)) {
          return this.#object(value, `${name}.`);
        }
        return typeof value === 'function' ? this.#call(value, target, prefix + name) : value;
      },
    });
  }

  #call(func, target, name) {
    return (...args) => {
      const result = func.apply(target, args);
      // A call that fails before anything is sent tells nothing.
      result?.then?.(() => this.#note(name, 'succeeded'), error => {
        if (error.status || ['TokenVerificationError', 'UnauthorizedError'].includes(error.code)) {
          this.#note(name, 'refused');
        }
      });
      return result;
    };
  }

  #note(name, end) {
    this.#ends.set(name, (this.#ends.get(name) ?? new Set()).add(end));
  }
}

/** requests returns a list that grows by "METHOD path" of all that the client sends from now on. */
export function requests(client) {
  const sent = [];
  client.httpClient.client.interceptors.request.use(config => {
    const url = new URL(config.url, config.baseURL);
    sent.push(`${config.method.toUpperCase()} ${url.pathname}${url.search}`);
    return config;
  });
  return sent;
}
