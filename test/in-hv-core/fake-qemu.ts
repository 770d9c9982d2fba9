// A program that behaves towards controld as QEMU does, or misbehaves as told: QMP and a serial port on listening descriptors 3 and 4.

export type Behaviour =
  | 'good'
  /** `query-kvm` says no. */
  | 'without-kvm'
  /** Ends with code 3 and a word on stderr before any greeting. */
  | 'dies'
  /** Accepts and says nothing. */
  | 'silent'
  /** Its greeting is no JSON. */
  | 'garbage'
  /** Takes neither `quit` nor SIGTERM. */
  | 'stubborn'

export const PYTHON = '/usr/bin/python3'

export function fakeQemuArgv(behaviour: Behaviour): readonly string[] {
  return [PYTHON, '-I', '-S', '-c', PROGRAM, behaviour]
}

const PROGRAM = `
import errno, faulthandler, json, os, selectors, signal, socket, sys
behaviour = sys.argv[1]
if behaviour == 'dies':
    sys.stderr.write('first complaint\\nno such option: --hello\\n')
    sys.exit(3)
if behaviour == 'stubborn':
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
poll = selectors.DefaultSelector()
status = 'prelaunch'

def tried(act):
    try:
        return act()
    except OSError as failure:
        return errno.errorcode[failure.errno]

def report():
    return json.dumps({
        'uid': os.getresuid(), 'gid': os.getresgid(), 'groups': os.getgroups(), 'root': tried(lambda: sorted(os.listdir('/'))),
        'pid': os.getpid(), 'sockets': tried(lambda: socket.socket(socket.AF_INET)), 'children': tried(os.fork), 'environment': dict(os.environ), 'umask': os.umask(0o077),
        'writable': [path for path in ('/', '/usr/lib', '/disk/0', '/cdrom') if os.access(path, os.W_OK)],
    })

def say(connection, message):
    connection.sendall((json.dumps(message) + '\\r\\n').encode())

def event(connection, name, data={}):
    say(connection, {'event': name, 'data': data, 'timestamp': {'seconds': 1, 'microseconds': 0}})

def end(connection, reason):
    event(connection, 'SHUTDOWN', {'guest': reason.startswith('guest'), 'reason': reason})
    sys.exit(0)

def command(connection, message):
    global status
    name, answer = message['execute'], {}
    if name == 'query-kvm':
        answer = {'enabled': behaviour != 'without-kvm', 'present': True}
    elif name == 'query-status':
        answer = {'status': status, 'running': status == 'running'}
    elif name == 'cont':
        status = 'running'
        event(connection, 'RESUME')
    elif name == 'system_reset':
        event(connection, 'RESET', {'guest': False, 'reason': 'host-qmp-system-reset'})
    elif name == 'quit' and behaviour == 'stubborn':
        pass
    elif name not in ('qmp_capabilities', 'quit', 'system_powerdown'):
        say(connection, {'error': {'class': 'CommandNotFound', 'desc': name}, 'id': message['id']})
        return
    say(connection, {'return': answer, 'id': message['id']})
    if name == 'quit' and behaviour != 'stubborn':
        end(connection, 'host-qmp-quit')
    if name == 'system_powerdown':
        end(connection, 'guest-shutdown')

def on_qmp(connection):
    data = connection.recv(65536)
    if not data:
        forget(connection, listeners[0])
        return
    for line in data.decode().splitlines():
        command(connection, json.loads(line))

def on_serial(connection):
    data = connection.recv(65536)
    if not data:
        forget(connection, listeners[1])
    elif data == b'report\\n':
        connection.sendall((report() + '\\n').encode())
    elif data == b'crash\\n':
        connection.sendall(b'last words\\n')
        # A fault, not a signal: process 1 does not hear its own.
        faulthandler._read_null()
    elif data == b'reboot\\n':
        sys.stderr.write('resetting\\n')
    else:
        connection.sendall(data.upper())

# Like QEMU: one client at a time, the next one is accepted when that has gone.
def forget(connection, listener):
    poll.unregister(connection)
    connection.close()
    poll.register(listener, selectors.EVENT_READ, accept)

def accept(listener):
    connection, _ = listener.accept()
    connection.setblocking(True)
    poll.unregister(listener)
    if listener is listeners[0]:
        if behaviour == 'garbage':
            connection.sendall(b'hello\\n')
        elif behaviour != 'silent':
            say(connection, {'QMP': {'version': {'qemu': {'major': 10, 'minor': 0, 'micro': 0}}, 'capabilities': ['oob']}})
        poll.register(connection, selectors.EVENT_READ, on_qmp)
    else:
        connection.sendall(b'serial port\\n')
        poll.register(connection, selectors.EVENT_READ, on_serial)

listeners = [socket.socket(fileno=3), socket.socket(fileno=4)]
for listener in listeners:
    poll.register(listener, selectors.EVENT_READ, accept)
while True:
    for key, _ in poll.select():
        key.data(key.fileobj)
`
