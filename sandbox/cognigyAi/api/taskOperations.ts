import type { WireAnswer } from '../../http/answers';
import { Refusal } from '../refusal';
import type { Task } from '../releases/tasks';
import { jsonAnswer } from '../serve';
import { requireProject, type ApiCall } from './apiCall';
import { itemAnswer } from './formats';
import { own } from './resourceOperations';

const tasks = { many: 'tasks', one: 'task' };

/** What a call answers that begins one. */
export function taskBegun({ _id, status, type, parameters, progress, createdAt, lastChangedAt }: Task): WireAnswer {
	return jsonAnswer(201, { _id, status, type, parameters, progress, createdAt, lastChangedAt });
}

export function readTask(call: ApiCall): WireAnswer {
	const { service, id, format } = call;
	const found = service.tasks.find(id);
	const { _id, type, status, data, progress, failReason, createdAt, lastChangedAt } = own(call, found ? [found] : []);
	const far =
		service.settings.taskProgress === 'progress' ? { progress } : { currentStep: progress / 10, totalStep: 10 };
	const item = { _id, name: type, data, status, ...far, failReason, createdAt, lastChanged: lastChangedAt };
	return itemAnswer(item, tasks, format);
}

/** 403 for a user who may not do that. */
export function requireRole({ key }: ApiCall, role: string): void {
	if (!key.releases) throw new Refusal(403, 403, `You need the role ${role}.`);
}

/** The project that a body names, of which the key's user must be a member. */
export function projectIn(call: ApiCall, projectId: string): string {
	requireProject(call, projectId);
	return projectId;
}
