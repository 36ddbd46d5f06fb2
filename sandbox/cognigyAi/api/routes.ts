import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WireAnswer } from '../../http/answers';
import { pathOf } from '../../http/httpServer';
import type { ApiOperation } from '../contract';
import { endpointOf } from '../endpoints/lookup';
import { queryOf, type Exchange } from '../exchanges';
import { withoutSecrets } from '../journalEntry';
import { parseBody, stringField } from '../readBody';
import { serve } from '../serve';
import type { Service } from '../service';
import { admit, authenticate, refuseGetBody } from './access';
import type { ApiCall } from './apiCall';
import { listConversations, readConversation } from './conversationOperations';
import { createEndpointKey, updateEndpoint } from './endpointOperations';
import { formatKind } from './formats';
import { oldInject, oldNotify } from './oldInjectOperations';
import { problem } from './problem';
import {
	listEndpoints,
	listFlows,
	listProjects,
	listSnapshots,
	readEndpoint,
	readFlow,
	readMe,
	readProject,
	readSnapshot,
} from './resourceOperations';
import { createProfile, deleteProfile, listProfiles, readProfile, updateProfile } from './profileOperations';
import { createPackage, packageLink } from './packageOperations';
import { createSnapshot, deleteSnapshot, listSnapshotResources } from './snapshotOperations';
import { readTask } from './taskOperations';
import { injectContext, injectState, resetContext, resetState } from './sessionOperations';

/** Both resolve: the specification names the one, the official client uses the other. */
const PREFIXES = ['/new/v2.0', '/v2.0'];

interface Route {
	operation: ApiOperation;
	method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
	url: string;
	run: (call: ApiCall) => WireAnswer;
}

const routes: readonly Route[] = [
	{ operation: 'readMe', method: 'GET', url: '/users/me', run: readMe },
	{ operation: 'listProjects', method: 'GET', url: '/projects', run: listProjects },
	{ operation: 'readProject', method: 'GET', url: '/projects/:id', run: readProject },
	{ operation: 'listFlows', method: 'GET', url: '/flows', run: listFlows },
	{ operation: 'readFlow', method: 'GET', url: '/flows/:id', run: readFlow },
	{ operation: 'listSnapshots', method: 'GET', url: '/snapshots', run: listSnapshots },
	{ operation: 'readSnapshot', method: 'GET', url: '/snapshots/:id', run: readSnapshot },
	{ operation: 'listSnapshotResources', method: 'GET', url: '/snapshots/:id/resources', run: listSnapshotResources },
	{ operation: 'createSnapshot', method: 'POST', url: '/snapshots', run: createSnapshot },
	{ operation: 'deleteSnapshot', method: 'DELETE', url: '/snapshots/:id', run: deleteSnapshot },
	{ operation: 'readTask', method: 'GET', url: '/tasks/:id', run: readTask },
	{ operation: 'createPackage', method: 'POST', url: '/packages', run: createPackage },
	{ operation: 'packageLink', method: 'POST', url: '/packages/:id/downloadlink', run: packageLink },
	{ operation: 'listEndpoints', method: 'GET', url: '/endpoints', run: listEndpoints },
	{ operation: 'readEndpoint', method: 'GET', url: '/endpoints/:id', run: readEndpoint },
	{ operation: 'updateEndpoint', method: 'PATCH', url: '/endpoints/:id', run: updateEndpoint },
	{ operation: 'createEndpointKey', method: 'POST', url: '/endpoints/:id/apikeys', run: createEndpointKey },
	{ operation: 'resetContext', method: 'POST', url: '/sessions/:id/context/reset', run: resetContext },
	{ operation: 'injectContext', method: 'POST', url: '/sessions/:id/context/inject', run: injectContext },
	{ operation: 'resetState', method: 'POST', url: '/sessions/:id/state/reset', run: resetState },
	{ operation: 'injectState', method: 'POST', url: '/sessions/:id/state/inject', run: injectState },
	{ operation: 'listProfiles', method: 'GET', url: '/profiles', run: listProfiles },
	{ operation: 'readProfile', method: 'GET', url: '/profiles/:id', run: readProfile },
	{ operation: 'createProfile', method: 'POST', url: '/profiles', run: createProfile },
	{ operation: 'updateProfile', method: 'PATCH', url: '/profiles/:id', run: updateProfile },
	{ operation: 'deleteProfile', method: 'DELETE', url: '/profiles/:id', run: deleteProfile },
	{ operation: 'listConversations', method: 'GET', url: '/conversations', run: listConversations },
	{ operation: 'readConversation', method: 'GET', url: '/conversations/:id', run: readConversation },
	{ operation: 'oldInject', method: 'POST', url: '/endpoint/inject', run: oldInject },
	{ operation: 'oldNotify', method: 'POST', url: '/endpoint/notify', run: oldNotify },
];

/** The routes of the management API (docs/protocol-cognigy-ai.md#management-api and #inject-and-notify). */
export function addApiRoutes(app: FastifyInstance, service: Service): void {
	for (const prefix of PREFIXES) {
		for (const { operation, method, url, run } of routes) {
			app.route<{ Params: { id?: string } }>({
				method,
				url: `${prefix}${url}`,
				// Begins before the body is read, so that a request whose body never comes is in the journal too.
				onRequest: (request, reply, done) => {
					const beginning = { via: 'api', method, path: pathOf(request.raw), operation } as const;
					request.setDecorator('exchange', service.exchanges.beginHttp(beginning, request.raw, reply.raw));
					done();
				},
				handler: (request, reply) => {
					noteWhatIsAskedFor(service, operation, request);
					return serve(
						service,
						{
							operation,
							run: () => run(apiCall(service, request)),
							refuse: (refusal) => problem(refusal, pathOf(request.raw)),
						},
						request,
						reply,
					);
				},
			});
		}
	}
}

type ApiRequest = FastifyRequest<{ Params: { id?: string } }>;

function apiCall(service: Service, request: ApiRequest): ApiCall {
	const { entry } = request.getDecorator<Exchange>('exchange');
	admit(service, request.ip);
	refuseGetBody(service, request.raw);
	const key = authenticate(service, request.raw, entry);
	service.tasks.step();
	const query = queryOf(request.raw);
	const format = {
		kind: formatKind(request.headers.accept, service.settings),
		cursorNames: service.settings.cursorNames,
		path: pathOf(request.raw),
		query,
	};
	return { service, key, id: request.params.id ?? '', query, body: bodyOf(request), format, entry };
}

/** For the journal, and for faults that are meant for certain calls only. */
function noteWhatIsAskedFor({ resources, apiKeys }: Service, operation: ApiOperation, request: ApiRequest): void {
	const { entry } = request.getDecorator<Exchange>('exchange');
	const { id } = request.params;
	const json = parseBody(bodyOf(request))?.json;
	const sentKey = request.headers['x-api-key'];
	entry.key = apiKeys.find(typeof sentKey === 'string' ? sentKey : '')?.name ?? null;
	entry.body = withoutSecrets(json);
	entry.userId = stringField(json, 'userId');
	entry.sessionId = /Context|State|readConversation/.test(operation) ? (id ?? null) : stringField(json, 'sessionId');
	const endpoint =
		resources.endpoints.find(({ _id }) => _id === id) ?? endpointOf(resources, stringField(json, 'URLToken') ?? '');
	entry.endpoint = endpoint?.name ?? null;
}

function bodyOf({ body }: ApiRequest): string {
	return typeof body === 'string' ? body : '';
}
