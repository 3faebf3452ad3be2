// Which operations of the contract are in scope, and which of the statuses that
// it lists cannot be had.

/** outOfScope are operations for a service that signs users in. */
export const outOfScope = ['GET /sso/jwks/{clientId}', 'GET /user_management/jwt_template', 'PUT /user_management/jwt_template'];

const wrongQuery = 'a parameter that is missing or wrong is 422 everywhere';
const typesChangeAtOnce = 'no change of a resource type is ever in progress';
const domainsAreShared = 'several organizations may have one domain';

/**
 * unreachable says why no request gets one of the listed refusals. A status that
 * stands here and is seen all the same fails the run.
 */
export const unreachable = {
  'GET /authorization/permissions': { 404: 'a list names nothing that could be missing' },
  'GET /authorization/organization_memberships/{organization_membership_id}/resources': { 400: wrongQuery },
  'GET /authorization/resources/{resource_id}/organization_memberships': { 400: wrongQuery },
  'GET /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}/organization_memberships': { 400: wrongQuery },
  'GET /audit_logs/actions': { 404: 'a list names nothing that could be missing' },
  'GET /events': { 400: wrongQuery },
  'GET /authorization/resources/{resource_id}': { 422: 'an id is that of a resource or is not' },
  'PATCH /authorization/resources/{resource_id}': { 409: typesChangeAtOnce },
  'PATCH /authorization/organizations/{organization_id}/resources/{resource_type_slug}/{external_id}': { 409: typesChangeAtOnce },
  'POST /organizations': { 409: domainsAreShared },
  'PUT /organizations/{id}': { 409: domainsAreShared },
  'POST /user_management/users': { 404: 'a new user names nothing that could be missing' },
  'DELETE /user_management/users/{id}': { 409: 'no user is kept from being deleted' },
  'PUT /user_management/organization_memberships/{id}/deactivate': { 400: 'nobody is invited here, so no membership is pending', 422: 'there is nothing to be wrong' },
  'PUT /user_management/organization_memberships/{id}/reactivate': { 400: 'nobody is invited here, so no membership is pending', 422: 'there is nothing to be wrong' },
  'DELETE /organizations/{id}': { 202: 'it is done when it answers, so it is 200' },
};
