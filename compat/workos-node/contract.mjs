// The vendor's OpenAPI document, as a judge of requests and answers.
//
// The document stands in ../shared beside the repository, where CI has it too;
// WORKOS_CONTRACT names another place. It is data of the vendor's that the
// server does not need, so that it is not kept twice.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const file = process.env.WORKOS_CONTRACT || fileURLToPath(new URL('../../../shared/contracts/workos-authorization.openapi.yaml', import.meta.url));

/**
 * Paths that an SDK calls and the document does not have, and the operation
 * that each is another name of.
 */
const aliases = {
  'GET /authorization/resources/{resource_id}/organization_memberships/{organization_membership_id}/permissions':
    'GET /authorization/organization_memberships/{organization_membership_id}/resources/{resource_id}/permissions',
};

/**
 * What an answer may be although no operation lists it. The document leaves out
 * what every operation has in common.
 */
const commonStatuses = {
  401: 'no credential, or none that counts',
  403: 'the credential lacks the right: left out where the vendor has keys of one kind only',
  404: 'an id in the path or the body that nothing has: left out of some operations that take ids',
  429: 'too many requests',
};

/**
 * The same for a request that the document itself finds something wrong with,
 * with the codes for that: the document says of few operations what becomes of
 * a body that is no JSON or a limit of 1000.
 */
const wrongRequest = { 400: 'bad_request', 422: 'invalid_request_parameters' };

/** The same for one operation. */
const operationStatuses = {
  'POST /user_management/organization_memberships': { 409: 'the user has an active membership already; so does the emulator of the vendor' },
};

/** What clients send and the document does not have, as what the document has for it. */
const readings = {
  // Terraform takes a key of the metadata away with null.
  'PUT /organizations/{id}': withoutNullMetadata,
  'PUT /user_management/users/{id}': withoutNullMetadata,
  // The Node SDK is newer than the document.
  'PUT /organizations/{id}/audit_logs_retention': ({ retention_period: period, ...body }) => (period === undefined ? body : { ...body, retention_period_in_days: 30 }),
};

function withoutNullMetadata(body) {
  return body.metadata ? { ...body, metadata: Object.fromEntries(Object.entries(body.metadata).filter(([, value]) => value !== null)) } : body;
}

/**
 * Codes that a refusal has where the document has other ones only. What is asked
 * of the resource that stands for an organization is refused for good, whereas
 * lock_timeout, the one code there, would have it tried again.
 */
const otherCodes = {
  'PATCH /authorization/resources/{resource_id}': { 400: 'bad_request' },
  'DELETE /authorization/resources/{resource_id}': { 400: 'bad_request' },
  'PATCH /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { 400: 'bad_request' },
  'DELETE /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { 400: 'bad_request' },
};

/** What the bodies of refusals may have besides what the document says. */
const errorMembers = ['message', 'code', 'errors', 'entity_id', 'role_slug'];

export class Contract {
  #ajv = new Ajv({ strict: false, allErrors: true });
  #routes = []; // {operation, pattern, literals}, most literal segments first
  #operations = new Map(); // from "GET /path/{x}" to the operation object
  #compiled = new Map();

  constructor(path = file) {
    let text;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new Error(`The contract is missing: ${error.message}. It is a cut of spec/open-api-spec.yaml of github.com/workos/openapi-spec; `
        + 'put it there, or name it in WORKOS_CONTRACT.');
    }
    const document = parse(text, { maxAliasCount: -1 });
    this.#ajv.addSchema(strict(document), 'contract');
    addFormats(this.#ajv);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const name = `${method.toUpperCase()} ${path}`;
        this.#operations.set(name, { ...operation, pointer: `contract#/paths/${pointer(path)}/${method}` });
        this.#route(name, name);
      }
    }
    for (const [alias, operation] of Object.entries(aliases)) {
      this.#route(alias, operation);
    }
    this.#routes.sort((a, b) => b.literals - a.literals);
  }

  #route(name, operation) {
    const [method, path] = name.split(' ');
    const segments = path.split('/').slice(1);
    this.#routes.push({
      name, operation, method,
      pattern: new RegExp(`^${segments.map(s => s.startsWith('{') ? '/[^/]+' : `/${s}`).join('')}$`),
      literals: segments.filter(s => !s.startsWith('{')).length,
    });
  }

  /** operations names all operations, "GET /path/{x}", and the aliases. */
  operations() {
    return [...this.#operations.keys(), ...Object.keys(aliases)].sort();
  }

  /** statuses are those that the operation lists, of successes (true) or of refusals. */
  statuses(name, success) {
    const listed = Object.keys(this.#operations.get(aliases[name] ?? name).responses).map(Number);
    return listed.filter(status => status < 400 === success);
  }

  /** pages tells whether the operation is a list that is read page by page. */
  pages(name) {
    return this.#operations.get(aliases[name] ?? name).parameters?.some(p => p.name === 'limit') ?? false;
  }

  /** find returns {name, operation} of a request, or undefined. path is still escaped. */
  find(method, path) {
    return this.#routes.find(r => r.method === method && r.pattern.test(path));
  }

  /** requestProblems says what the document finds wrong with the request. */
  requestProblems({ operation: name }, query, body) {
    const operation = this.#operations.get(name);
    const problems = [];
    const parameters = Object.fromEntries((operation.parameters ?? []).map((p, i) => [p.name, { ...p, i }]).filter(([, p]) => p.in === 'query'));
    for (const key of new Set(query.keys())) {
      if (!parameters[key]) {
        problems.push(`query parameter ${key} is not in the contract`);
        continue;
      }
      const { i } = parameters[key];
      const resolved = this.#resolved(operation.parameters[i].schema);
      problems.push(...this.#check(`${operation.pointer}/parameters/${i}/schema`, typed(query.getAll(key), resolved)).map(p => `query parameter ${key}${p}`));
    }
    for (const p of Object.values(parameters)) {
      if (p.required && !query.has(p.name)) {
        problems.push(`query parameter ${p.name} is missing`);
      }
    }
    const schema = operation.requestBody?.content?.['application/json'];
    if (schema) {
      problems.push(...body === undefined
        ? (operation.requestBody.required ? ['the body is missing'] : [])
        : this.#check(`${operation.pointer}/requestBody/content/application~1json/schema`, readings[name] && typeof body === 'object' && body ? readings[name](body) : body).map(p => `body${p}`));
    }
    return problems;
  }

  /**
   * responseProblems says what the document finds wrong with the answer. body is
   * undefined if there is none. wrong says that requestProblems found some.
   */
  responseProblems({ operation: name }, status, contentType, body, wrong) {
    const operation = this.#operations.get(name);
    const problems = [];
    const general = body?.code && (body.code === otherCodes[name]?.[status] || (wrong && body.code === wrongRequest[status]));
    const response = operation.responses[status];
    if (!response && !general && !commonStatuses[status] && !operationStatuses[name]?.[status]) {
      return [`status ${status} is not in the contract`];
    }
    if (status >= 400) {
      problems.push(...refusalProblems(body));
    }
    if (body !== undefined && !/^application\/json\b/.test(contentType ?? '')) {
      problems.push(`content type is ${contentType}`);
    }
    if (response?.content && !general) {
      const type = Object.keys(response.content)[0];
      problems.push(...this.#check(`${operation.pointer}/responses/${status}/content/${pointer(type)}/schema`, body));
    } else if (response && !response.content && status < 400 && body !== undefined) {
      problems.push('a body where the contract has none');
    }
    return problems;
  }

  #resolved(schema) {
    return schema.$ref ? this.#ajv.getSchema(`contract${schema.$ref}`).schema : schema;
  }

  #check(ref, value) {
    if (!this.#compiled.has(ref)) {
      this.#compiled.set(ref, this.#ajv.compile({ $ref: ref }));
    }
    const validate = this.#compiled.get(ref);
    if (validate(value)) {
      return [];
    }
    return validate.errors.map(e => `${e.instancePath} ${e.message}${e.params.unevaluatedProperty ? `: ${e.params.unevaluatedProperty}` : ''}`);
  }
}

function refusalProblems(body) {
  const problems = [];
  for (const member of ['message', 'code']) {
    if (typeof body?.[member] !== 'string' || body[member] === '') {
      problems.push(`the refusal has no ${member}`);
    }
  }
  for (const member of Object.keys(body ?? {})) {
    if (!errorMembers.includes(member)) {
      problems.push(`the refusal has a member ${member}`);
    }
  }
  for (const e of body?.errors ?? []) {
    if (typeof e.code !== 'string' || typeof e.message !== 'string') {
      problems.push(`an element of errors is ${JSON.stringify(e)}`);
    }
  }
  return problems;
}

/** typed reads a query parameter's texts as a schema means them. */
function typed(texts, schema) {
  switch (schema.type) {
    case 'array':
      return texts.flatMap(text => text.split(','));
    case 'integer':
    case 'number':
      return texts[0] === '' || Number.isNaN(Number(texts[0])) ? texts[0] : Number(texts[0]);
    case 'boolean':
      return { true: true, false: false }[texts[0]] ?? texts[0];
    default:
      return texts[0];
  }
}

const pointer = text => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

/**
 * strict returns the document with objects closed in the answers: a member that
 * the contract does not have is a mistake. Requests stay open, and so do
 * refusals, which refusalProblems looks at.
 *
 * A member of allOf, oneOf or anyOf is only a part of an object, so that it is
 * the whole that is closed. A component may be both, so there are two of each:
 * the second, "X (part)", is open at its top.
 */
function strict(document) {
  const schemas = {};
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    schemas[`${name} (whole)`] = close(schema);
    schemas[`${name} (part)`] = close(schema, { part: true });
  }
  const paths = structuredClone(document.paths);
  for (const methods of Object.values(paths)) {
    for (const operation of Object.values(methods)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        for (const content of Object.values(response.content ?? {})) {
          if (status < 400) {
            content.schema = close(content.schema);
          }
        }
      }
    }
  }
  return { paths, components: { schemas: { ...document.components.schemas, ...schemas } } };
}

function close(schema, { part = false } = {}) {
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  if (schema.$ref) {
    return { ...schema, $ref: `${schema.$ref}%20(${part ? 'part' : 'whole'})` };
  }
  const closed = { ...schema };
  for (const word of ['allOf', 'oneOf', 'anyOf']) {
    if (schema[word]) {
      closed[word] = schema[word].map(s => close(s, { part: true }));
    }
  }
  if (schema.properties) {
    closed.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, s]) => [name, close(s)]));
  }
  for (const word of ['items', 'additionalProperties']) {
    if (typeof schema[word] === 'object') {
      closed[word] = close(schema[word]);
    }
  }
  const object = schema.properties || schema.allOf || schema.oneOf || schema.anyOf;
  if (object && !part && schema.additionalProperties === undefined) {
    closed.unevaluatedProperties = false;
  }
  return closed;
}
