import type { z } from 'zod/v4';

import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import { endpointName, type EndpointReference } from './endpointAddress';
import type { ProjectLists } from './lists';
import type { ManagementApi } from './managementApi';
import { endpointSchema, paths, type Endpoint, type EndpointItem } from './wire';

/**
 * Reads an endpoint of the project. Lists show neither whether it is active nor what it runs, so it is read by itself.
 * @throws {CognigyError} `notFound` when the project has none that fits
 */
export async function findEndpoint(
	{ api, lists }: { api: ManagementApi; lists: ProjectLists },
	projectId: string,
	reference: EndpointReference,
	context: CallContext,
): Promise<Endpoint> {
	const id = reference.kind === 'id' ? reference.id : await idOf(lists, projectId, reference, context);
	return await readEndpointById(api, id, endpointSchema, context);
}

/**
 * @param answer what of the endpoint is wanted
 * @param inputs what the user said it with, for advice
 */
export async function readEndpointById<T>(
	api: ManagementApi,
	id: string,
	answer: z.ZodType<T>,
	context: CallContext,
	inputs = 'Endpoint',
): Promise<T> {
	const description = { subject: `endpoint "${id}"`, action: `Reading endpoint "${id}"`, inputs };
	return await api.call({ method: 'GET', path: paths.endpoint(id), answer, description }, context);
}

async function idOf(
	lists: ProjectLists,
	projectId: string,
	reference: Exclude<EndpointReference, { kind: 'id' }>,
	context: CallContext,
): Promise<string> {
	const fits = ({ URLToken }: EndpointItem) =>
		reference.kind === 'token' ? URLToken === reference.token : endpointName(URLToken) === reference.name;
	const found = await lists.findEndpoint(projectId, fits, context);
	if (found) return found._id;
	const given = reference.kind === 'token' ? `with this URL (${reference.name})` : `"${reference.name}"`;
	throw new CognigyError({
		category: 'notFound',
		message: `Project "${projectId}" has no endpoint ${given}`,
		advice:
			'Check the endpoint, Project ID of the credential, and that the user of the API key is a member of that project.',
	});
}
