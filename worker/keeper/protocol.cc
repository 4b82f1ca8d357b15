#include "worker/keeper/protocol.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace gale::keeper {
namespace {

constexpr char kByMemfd = 0x7f;  // a packet's first byte if its message is in the attached memfd

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <class... T>
  void operator()(const T&... fields) {
    (Put(fields), ...);
  }
  bool more() const { return true; }

 private:
  template <class Int>
  requires std::is_integral_v<Int>
  void Put(Int v) {
    char bytes[sizeof(Int)];
    for (size_t i = 0; i < sizeof(Int); ++i) {
      bytes[i] = static_cast<char>(static_cast<uint64_t>(v) >> (8 * i));
    }
    out_.append(bytes, sizeof(Int));
  }
  void Put(const std::string& v) { Put(static_cast<uint32_t>(v.size())), out_ += v; }
  void Put(const std::vector<std::string>& v) {
    Put(static_cast<uint32_t>(v.size()));
    for (const std::string& s : v) Put(s);
  }
  void Put(const TemplateSpec& v) { (*this)(v.id, v.argv, v.env, v.cwd, v.import_max); }
  void Put(const std::vector<TemplateSpec>& v) {
    Put(static_cast<uint32_t>(v.size()));
    for (const TemplateSpec& s : v) Put(s);
  }
  void Put(TimePoint v) { Put(static_cast<int64_t>(v.time_since_epoch().count())); }
  void Put(Duration v) { Put(static_cast<int64_t>(v.count())); }

  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class... T>
  void operator()(T&... fields) {
    (Get(fields), ...);
  }
  bool ok() const { return ok_; }
  // False at the end of what an earlier version wrote: a keeper outlives the worker's upgrade.
  bool more() const { return !in_.empty(); }

 private:
  template <class Int>
  requires std::is_integral_v<Int>
  void Get(Int& v) {
    if (in_.size() < sizeof(Int)) return Fail();
    uint64_t wide = 0;
    for (size_t i = 0; i < sizeof(Int); ++i) {
      wide |= static_cast<uint64_t>(static_cast<uint8_t>(in_[i])) << (8 * i);
    }
    in_.remove_prefix(sizeof(Int));
    v = static_cast<Int>(wide);
  }
  void Get(std::string& v) {
    uint32_t size = 0;
    Get(size);
    if (size > in_.size()) return Fail();
    v.assign(in_.substr(0, size));
    in_.remove_prefix(size);
  }
  void Get(std::vector<std::string>& v) {
    uint32_t count = 0;
    Get(count);
    if (count > in_.size() / sizeof(uint32_t)) return Fail();  // every string has its length
    v.resize(count);
    for (std::string& s : v) Get(s);
  }
  void Get(TemplateSpec& v) { (*this)(v.id, v.argv, v.env, v.cwd, v.import_max); }
  void Get(std::vector<TemplateSpec>& v) {
    uint32_t count = 0;
    Get(count);
    if (count > kTemplatesAskedMax) return Fail();
    v.resize(count);
    for (TemplateSpec& s : v) Get(s);
  }
  void Get(TimePoint& v) {
    int64_t us = 0;
    Get(us);
    v = TimePoint(Duration(us));
  }
  void Get(Duration& v) {
    int64_t us = 0;
    Get(us);
    v = Duration(us);
  }
  void Fail() { ok_ = false, in_ = {}; }

  std::string_view in_;
  bool ok_ = true;
};

// The fields of every message, in the order of the wire. New ones go to the end.
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Hello> {
  ar(m.version);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, SpawnRequest> {
  ar(m.key, m.argv, m.env, m.cwd, m.log_path, m.kill_grace, m.timeout);
  if (ar.more()) ar(m.templates, m.templates_max, m.templates_bytes_max);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Kill> {
  ar(m.key, m.reason);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Fence> {
  ar(m.boot_us);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Take> {
  ar(m.key);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, List> {
  ar(m.id);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Shutdown> {
  ar(m.id, m.force);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Welcome> {
  ar(m.version, m.pid);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Started> {
  ar(m.key, m.pid, m.at);
  if (ar.more()) ar(m.forked, m.note);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, StartFailed> {
  ar(m.key, m.reason);
  if (ar.more()) ar(m.host);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Exited> {
  ar(m.key, m.pid, m.exit_code, m.signal, m.timed_out, m.fenced, m.killed, m.oom, m.keeper_died,
     m.reason, m.started_at, m.ended_at, m.user_time, m.system_time, m.max_rss_bytes);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, ListRunning> {
  ar(m.id, m.running.key, m.running.pid, m.running.started_at);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, ListExited> {
  ar(m.id), Fields(ar, m.exited);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, ListEnd> {
  ar(m.id);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, ShutdownAnswer> {
  ar(m.id, m.refusal);
}
template <class Ar, class M>
void Fields(Ar& ar, M& m) requires std::is_same_v<std::remove_const_t<M>, Refused> {
  ar(m.reason);
}

template <size_t I>
Result<Message> DecodeAs(std::string_view body) {
  std::variant_alternative_t<I, Message> message;
  Reader reader(body);
  Fields(reader, message);
  if (!reader.ok()) return InvalidArgument("keeper message {} is cut off", I + 1);
  return Message(std::move(message));
}

// The message's byte is its place in Message, from 1: the order of that variant is the protocol.
template <size_t... I>
Result<Message> DecodeAny(size_t index, std::string_view body, std::index_sequence<I...>) {
  using Decoder = Result<Message> (*)(std::string_view);
  static constexpr std::array<Decoder, sizeof...(I)> kDecoders{&DecodeAs<I>...};
  if (index >= kDecoders.size()) return InvalidArgument("keeper message {} is unknown", index + 1);
  return kDecoders[index](body);
}

Result<std::string> ReadMemfd(int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > static_cast<off_t>(kMessageBytesMax)) {
    return InvalidArgument("keeper message of {} bytes: at most {} go", st.st_size,
                           kMessageBytesMax);
  }
  std::string bytes(static_cast<size_t>(st.st_size), '\0');
  for (size_t done = 0; done < bytes.size();) {
    ssize_t n = pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return InvalidArgument("keeper message cannot be read from its memfd");
    done += static_cast<size_t>(n);
  }
  return bytes;
}

Result<int> WriteMemfd(std::string_view bytes) {
  int fd = memfd_create("gale-keeper", MFD_CLOEXEC);
  if (fd < 0) return Unavailable("memfd_create: {}", strerror(errno));
  for (size_t done = 0; done < bytes.size();) {
    ssize_t n = pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      close(fd);
      return Unavailable("memfd of {} bytes: {}", bytes.size(), strerror(errno));
    }
    done += static_cast<size_t>(n);
  }
  return fd;
}

union FdControl {  // room and alignment for one file descriptor
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

Status SendMsg(int fd, std::string_view packet, int attached, bool* full) {
  iovec iov{const_cast<char*>(packet.data()), packet.size()};
  msghdr msg{};
  msg.msg_iov = &iov;
  msg.msg_iovlen = 1;
  FdControl control{};
  if (attached >= 0) {
    msg.msg_control = control.bytes;
    msg.msg_controllen = sizeof control.bytes;
    cmsghdr* c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &attached, sizeof(int));
  }
  for (;;) {
    if (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return OkStatus();
    if (errno == EINTR) continue;
    // ETOOMANYREFS: too many descriptors in flight; as a full socket, it passes.
    *full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ETOOMANYREFS;
    return Unavailable("keeper socket: {}", *full ? "full" : strerror(errno));
  }
}

}  // namespace

std::string Encode(const Message& message) {
  std::string out;
  out.push_back(static_cast<char>(message.index() + 1));
  Writer writer(out);
  std::visit([&](const auto& m) { Fields(writer, m); }, message);
  return out;
}

Result<Message> Decode(std::string_view bytes) {
  if (bytes.empty()) return InvalidArgument("keeper message is empty");
  return DecodeAny(static_cast<uint8_t>(bytes[0]) - size_t{1}, bytes.substr(1),
                   std::make_index_sequence<std::variant_size_v<Message>>());
}

Status CheckKey(std::string_view key) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  if (key.empty() || key.size() > kKeyBytesMax || key[0] == '.' ||
      key.find_first_not_of(kLetters) != std::string_view::npos) {
    return InvalidArgument(
        "keeper key '{}': expected 1-{} letters, digits, '.', '_' or '-', not first a '.'",
        key.substr(0, kKeyBytesMax), kKeyBytesMax);
  }
  return OkStatus();
}

std::string CutReason(std::string reason) {
  if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
  return reason;
}

int64_t BootNowUs() {
  timespec ts;
  clock_gettime(CLOCK_BOOTTIME, &ts);
  return int64_t{ts.tv_sec} * 1'000'000 + ts.tv_nsec / 1'000;
}

Status SendPacket(int fd, std::string_view encoded, bool* full) {
  *full = false;
  if (encoded.size() <= kPacketBytesMax) return SendMsg(fd, encoded, -1, full);
  if (encoded.size() > kMessageBytesMax) {
    return ResourceExhausted("keeper message of {} bytes: at most {} (kMessageBytesMax) go",
                             encoded.size(), kMessageBytesMax);
  }
  GALE_ASSIGN_OR_RETURN(int memfd, WriteMemfd(encoded));
  Status sent = SendMsg(fd, std::string_view(&kByMemfd, 1), memfd, full);
  close(memfd);
  return sent;
}

Result<Message> ReceivePacket(int fd) {
  thread_local std::vector<char> buffer(kPacketBytesMax + 1);
  FdControl control{};
  iovec iov{buffer.data(), buffer.size()};
  msghdr msg{};
  msg.msg_iov = &iov;
  msg.msg_iovlen = 1;
  msg.msg_control = control.bytes;
  msg.msg_controllen = sizeof control.bytes;
  ssize_t n;
  do {
    n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Cancelled("nothing to read");
  if (n < 0) return Unavailable("keeper socket: {}", strerror(errno));
  if (n == 0) return Unavailable("keeper socket: closed by the other end");
  int attached = -1;
  if (cmsghdr* c = CMSG_FIRSTHDR(&msg);
      c != nullptr && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
    memcpy(&attached, CMSG_DATA(c), sizeof(int));
  }
  std::string_view packet(buffer.data(), static_cast<size_t>(n));
  if (attached < 0) {
    if (packet.size() > kPacketBytesMax) return InvalidArgument("keeper packet is too long");
    return Decode(packet);
  }
  Result<std::string> bytes = ReadMemfd(attached);
  close(attached);
  if (!bytes.ok()) return bytes.status();
  return Decode(*bytes);
}

Result<int> ConnectSocket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return InvalidArgument(
        "keeper socket '{}': the path is {} bytes long, Unix sockets take {}; "
        "choose a shorter worker home",
        path, path.size(), sizeof address.sun_path - 1);
  }
  memcpy(address.sun_path, path.data(), path.size());
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Unavailable("keeper socket: {}", strerror(errno));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Status status = Unavailable("no keeper listens at '{}': {}", path, strerror(errno));
    close(fd);
    return status;
  }
  return fd;
}

}  // namespace gale::keeper
