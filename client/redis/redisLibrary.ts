import type * as Library from '@redis/client';

export type RedisLibrary = typeof Library;

let loaded: RedisLibrary | undefined;

/** Heavy, and needed by few: loaded on first use. */
export async function loadRedisLibrary(): Promise<RedisLibrary> {
	loaded ??= await import('@redis/client');
	return loaded;
}

export function isRedisLibraryLoaded(): boolean {
	return loaded !== undefined;
}
