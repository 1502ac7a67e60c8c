import { busybox } from '../build/busybox';
import { type ContainerImage, containerImage } from '../build/container-image';
import { debianPackages, debianPrograms } from '../build/debian-tree';
import { goPrograms } from '../build/go-programs';
import { hello, hullweb, pageCounter } from '../build/programs';
import { registry } from '../build/registry';

function image(name: string, trees: ContainerImage['trees'], folders = true) {
  return containerImage({ name, trees, folders });
}

/** What the engine of a host has from the beginning. */
export const preloadedImages = [
  image('busybox', [busybox]),
  image('hello-world', [hello], false),
  image('web', [hullweb], false),
] as const;

const debian = debianPackages({
  name: 'debian-minimal',
  packages: (
    'base-files base-passwd bash coreutils dash debianutils findutils grep gzip hostname libacl1 libattr1 libc6 ' +
    'libc-bin libgmp10 libpcre2-8-0 libselinux1 libtinfo6 mawk ncurses-base sed tar'
  ).split(' '),
  without: ['usr/share/base-files', 'etc/init.d', 'etc/cron.daily', 'boot'],
  copies: {
    'usr/share/base-passwd/passwd.master': 'etc/passwd',
    'usr/share/base-passwd/group.master': 'etc/group',
  },
});

const nginx = debianPrograms({
  name: 'debian-nginx',
  packages: ['nginx', 'nginx-common', 'libc6', 'libcrypt1', 'libpcre2-8-0', 'libssl3', 'zlib1g'],
  programs: ['usr/sbin/nginx'],
  files: ['etc/nginx/mime.types', 'var/lib/nginx'],
});

const redis = debianPrograms({
  name: 'debian-redis',
  packages: (
    'redis-server redis-tools libatomic1 libc6 libcap2 libgcc-s1 libgcrypt20 libgpg-error0 libhiredis0.14 libjemalloc2 ' +
    'liblua5.1-0 liblz4-1 liblzf1 liblzma5 libssl3 libstdc++6 libsystemd0 libzstd1 lua-bitop lua-cjson'
  ).split(' '),
  programs: ['usr/bin/redis-check-rdb', 'usr/bin/redis-cli'],
  files: ['usr/bin/redis-server'],
});

const standardLibrary = 'usr/lib/python3.11';
const python = debianPrograms({
  name: 'debian-python',
  packages: (
    'python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libbz2-1.0 libc6 libcrypt1 libexpat1 libffi8 ' +
    'liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 libtinfo6 libuuid1 media-types zlib1g'
  ).split(' '),
  programs: ['usr/bin/python3.11', `${standardLibrary}/lib-dynload`],
  files: ['etc/mime.types', 'etc/python3.11', standardLibrary],
  without: [
    ...['test', 'turtle.py', 'pydoc_data'].map((name) => `${standardLibrary}/${name}`),
    // Tests of the interpreter, and what needs libraries that nothing else does.
    ...'_test _xx _ctypes_test _dbm nis ossaudiodev xx'
      .split(' ')
      .map((name) => `${standardLibrary}/lib-dynload/${name}*`),
  ],
});

/** A program of the engine in an image of its own. */
function engineProgram(name: string) {
  return goPrograms(`program-${name}`, { [name]: `bin/${name}` });
}

/** What can be pulled without a network. */
export const publicRegistry = registry([
  ...preloadedImages,
  image('debian', [debian]),
  image('nginx', [nginx, busybox]),
  image('redis', [redis, busybox]),
  image('python', [python, busybox]),
  image('page-counter', [pageCounter], false),
  image('registry', [engineProgram('hull-registry')], false),
  image('hull-volume-archive', [engineProgram('hull-volume-archive')], false),
]);
