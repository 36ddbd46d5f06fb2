import type { ApiKey } from '../apiKeys';
import type { CognigyAiJournalEntry } from '../journalEntry';
import { Refusal } from '../refusal';
import type { Service } from '../service';
import type { Format } from './formats';

/** A call of the management API, with a good key. */
export interface ApiCall {
	service: Service;
	key: ApiKey;
	/** The id in the path, if any. */
	id: string;
	query: URLSearchParams;
	/** Empty: none was sent. */
	body: string;
	format: Format;
	entry: CognigyAiJournalEntry;
}

/** The ids of the projects that the key's user is a member of. */
export function projectsOf({ service, key }: ApiCall): string[] {
	const { projects } = service.resources;
	return projects.filter(({ name }) => key.projects.includes(name)).map(({ _id }) => _id);
}

/** 403 for a project that the key's user is no member of. */
export function requireProject(call: ApiCall, projectId: string): void {
	if (!projectsOf(call).includes(projectId)) throw new Refusal(403, 403, 'You have no access to this project.');
}

/** What a list is to show: of the project that is asked for, or of all of the user's. */
export function visible<Resource extends { projectId: string }>(call: ApiCall, all: readonly Resource[]): Resource[] {
	const projectId = call.query.get('projectId');
	if (projectId !== null) requireProject(call, projectId);
	const projects = projectId === null ? projectsOf(call) : [projectId];
	return all.filter((resource) => projects.includes(resource.projectId));
}
