import type { WireAnswer } from '../../http/answers';
import { notFound } from '../refusal';
import { projectsOf, requireProject, visible, type ApiCall } from './apiCall';
import { itemAnswer, pageAnswer, type ResourceNames } from './formats';
import { pageOf, type Item } from './pages';
import { endpointItem, endpointView, flowView, projectView, snapshotItem, snapshotView, userView } from './views';

/** What reads users, projects, flows, snapshots and endpoints. */

const users = { many: 'users', one: 'user' };
const projects = { many: 'projects', one: 'project' };
const flows = { many: 'flows', one: 'flow' };
const snapshots = { many: 'snapshots', one: 'snapshot' };
const endpoints = { many: 'endpoints', one: 'endpoint' };

export const readMe = ({ key, format }: ApiCall) => itemAnswer(userView(key.name, key.projects), users, format);

export function listProjects(call: ApiCall): WireAnswer {
	const own = projectsOf(call);
	const shown = call.service.resources.projects.filter(({ _id }) => own.includes(_id));
	return page(shown.map(projectView), projects, call);
}

export function readProject(call: ApiCall): WireAnswer {
	const project = byId(call, call.service.resources.projects);
	requireProject(call, project._id);
	return itemAnswer(projectView(project), projects, call.format);
}

export const listFlows = (call: ApiCall) =>
	page(visible(call, call.service.resources.flows).map(flowView), flows, call);

export const readFlow = (call: ApiCall) =>
	itemAnswer(flowView(own(call, call.service.resources.flows)), flows, call.format);

export const listSnapshots = (call: ApiCall) =>
	page(visible(call, call.service.resources.snapshots).map(snapshotItem), snapshots, call);

export const readSnapshot = (call: ApiCall) =>
	itemAnswer(snapshotView(own(call, call.service.resources.snapshots)), snapshots, call.format);

export const listEndpoints = (call: ApiCall) =>
	page(
		visible(call, call.service.resources.endpoints).map((endpoint) => endpointItem(endpoint, call.service.settings)),
		endpoints,
		call,
	);

export const readEndpoint = (call: ApiCall) =>
	itemAnswer(endpointView(own(call, call.service.resources.endpoints), call.service.settings), endpoints, call.format);

/** The resource that the path names: 404 when there is none, 403 when it is in another's project. */
export function own<Resource extends { _id: string; projectId: string }>(
	call: ApiCall,
	all: readonly Resource[],
): Resource {
	const resource = byId(call, all);
	requireProject(call, resource.projectId);
	return resource;
}

function byId<Resource extends { _id: string }>({ id }: ApiCall, all: readonly Resource[]): Resource {
	const resource = all.find(({ _id }) => _id === id);
	if (!resource) throw notFound('Resource not found.');
	return resource;
}

function page(items: readonly Item[], names: ResourceNames, { query, format, service }: ApiCall): WireAnswer {
	return pageAnswer(pageOf(items, query, service.settings), names, format);
}
