import { objectId } from '../ids';
import type { Settings } from '../options';

/** How a task can end; `never` and `disappears` are no end that anybody is told of. */
export const TASK_ENDS = ['done', 'error', 'cancelled', 'never', 'disappears'] as const;
export type TaskEnd = (typeof TASK_ENDS)[number];

/** What becomes of a task. What is left out is as with any other. */
export interface TaskPlan {
	/** The states that it goes through before it is over, one with each call to the API. */
	states?: readonly string[] | undefined;
	end?: TaskEnd | undefined;
	/** With `error`. */
	failReason?: string | undefined;
}

/** What a task does in the end, unless it is planned otherwise. */
export type TaskWork = () => TaskOutcome;

interface TaskOutcome {
	data?: Record<string, string>;
	/** Why it cannot. */
	failReason?: string;
}

export interface Task {
	readonly _id: string;
	readonly projectId: string;
	readonly type: string;
	readonly parameters: object;
	readonly createdAt: number;
	status: string;
	/** In percent. */
	progress: number;
	failReason: string;
	data: Record<string, string>;
	lastChangedAt: number;
}

interface Running {
	task: Task;
	states: string[];
	length: number;
	end: TaskEnd;
	failReason: string;
	work: TaskWork;
}

/** What takes long (docs/protocol-cognigy-ai.md#tasks). Each call to the API moves all of it one step. */
export class Tasks {
	readonly #settings: Settings;
	readonly #tasks = new Map<string, Task>();
	readonly #running = new Set<Running>();
	readonly #plans: TaskPlan[] = [];

	constructor(settings: Settings) {
		this.#settings = settings;
	}

	/** For the task that is begun next. */
	plan(plan: TaskPlan): void {
		this.#plans.push(plan);
	}

	begin(projectId: string, type: string, parameters: object, work: TaskWork): Task {
		const { states = this.#settings.taskStates, end = 'done', failReason = '' } = this.#plans.shift() ?? {};
		const [first = 'queued', ...rest] = states;
		const now = this.#seconds;
		const task: Task = {
			_id: objectId(`task ${this.#tasks.size}`),
			projectId,
			type,
			parameters,
			createdAt: now,
			status: first,
			progress: 0,
			failReason: '',
			data: {},
			lastChangedAt: now,
		};
		this.#tasks.set(task._id, task);
		this.#running.add({ task, states: rest, length: states.length, end, failReason, work });
		return task;
	}

	find(id: string): Task | undefined {
		return this.#tasks.get(id);
	}

	step(): void {
		for (const running of this.#running) {
			const { task, states, length, end } = running;
			const next = states.shift();
			if (next !== undefined) {
				task.status = next;
				task.progress = Math.round((100 * (length - states.length - 1)) / Math.max(1, length));
			} else if (end !== 'never') {
				this.#running.delete(running);
				this.#finish(running);
			}
			task.lastChangedAt = this.#seconds;
		}
	}

	#finish({ task, end, failReason, work }: Running): void {
		if (end === 'disappears') {
			work();
			this.#tasks.delete(task._id);
			return;
		}
		if (end === 'cancelled') {
			task.status = 'cancelled';
			return;
		}
		const outcome: TaskOutcome = end === 'error' ? { failReason } : work();
		task.status = outcome.failReason === undefined ? 'done' : 'error';
		task.failReason = outcome.failReason ?? '';
		task.data = outcome.data ?? {};
		if (task.status === 'done') task.progress = 100;
	}

	get #seconds(): number {
		return Math.floor(this.#settings.now() / 1000);
	}
}
