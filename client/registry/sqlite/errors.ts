import { RegistryError } from '../sessionRegistry';

/** SQLite's result codes (sqlite.org/rescode.html) that mean something to whoever runs n8n. */
const BUSY = 5;
const LOCKED = 6;

const accessAdvice = 'Give the user that runs n8n write access to the file and its folder.';
const spaceAdvice = 'Free some space on its disk; n8n needs no restart.';

/** What to do, by SQLite's result codes and by Node's codes for files. */
const advices: ReadonlyMap<unknown, string> = new Map<unknown, string>([
	[3, accessAdvice],
	[8, accessAdvice],
	[14, accessAdvice],
	['EACCES', accessAdvice],
	['EPERM', accessAdvice],
	['EROFS', accessAdvice],
	[10, 'Check the disk and its free space.'],
	[13, spaceAdvice],
	['ENOSPC', spaceAdvice],
	[11, damaged('is damaged')],
	[26, damaged('is not a session registry, or is damaged')],
]);

/** What to do, by SQLite's extended result codes: of locks and of shared memory, which network drives do not have. */
const networkDriveCodes: ReadonlySet<unknown> = new Set([
	15, // PROTOCOL: locking does not work
	2058, // IOERR_UNLOCK
	2314, // IOERR_RDLOCK
	3594, // IOERR_CHECKRESERVEDLOCK
	3850, // IOERR_LOCK
	4618, // IOERR_SHMOPEN
	4874, // IOERR_SHMSIZE
	5130, // IOERR_SHMLOCK
	5386, // IOERR_SHMMAP
]);

export const networkDriveAdvice =
	"SQLite's write-ahead log needs a disk of this machine. Put n8n's folder (N8N_USER_FOLDER) on one, or set State Store " +
	'of the credentials to Redis.';

function damaged(what: string): string {
	return (
		`The file ${what}. Stop n8n and move it away together with its -wal and -shm files: ` +
		'n8n makes a new one. Sessions that were recorded in it are then neither followed nor reset.'
	);
}

/** Somebody else is writing: the same a moment later works. */
export function isBusy(error: unknown): boolean {
	const code = resultCode(error);
	return code === BUSY || code === LOCKED;
}

/** What went wrong with the file, in words for whoever runs n8n. SQLite's own words name columns, never what is in them. */
export function toRegistryError(error: unknown, path: string): RegistryError {
	if (error instanceof RegistryError) return error;
	const advice = networkDriveCodes.has(propertyOf(error, 'errcode'))
		? `The file seems to lie on a network drive (NFS, SMB). ${networkDriveAdvice}`
		: (advices.get(resultCode(error) ?? propertyOf(error, 'code')) ?? 'Check the file and its disk.');
	return new RegistryError(`The session registry ${path} does not work (${reasonOf(error)}). ${advice}`);
}

/** The primary result code; extended ones hold it in their lowest byte. */
function resultCode(error: unknown): number | undefined {
	const code = propertyOf(error, 'errcode');
	return typeof code === 'number' ? code & 0xff : undefined;
}

/** Errors of Node's modules need not be instances of the `Error` of this context. */
function reasonOf(error: unknown): string {
	const message = propertyOf(error, 'message');
	return typeof message === 'string' ? message : 'unknown reason';
}

function propertyOf(error: unknown, name: string): unknown {
	return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
