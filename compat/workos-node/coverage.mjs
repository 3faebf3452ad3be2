// Which operations of the contract are in scope, and which of the statuses that
// it lists cannot be had.

/** outOfScope are operations for a service that signs users in. */
export const outOfScope = ['GET /sso/jwks/{clientId}', 'GET /user_management/jwt_template', 'PUT /user_management/jwt_template'];

/**
 * unreachable says why no request gets one of the listed refusals. A status that
 * stands here and is seen all the same fails the run.
 */
export const unreachable = {
  'GET /authorization/permissions': { 404: 'a list names nothing that could be missing' },
  'DELETE /organizations/{id}': { 202: 'it is done when it answers, so it is 200' },
};
