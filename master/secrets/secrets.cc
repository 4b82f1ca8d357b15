#include "master/secrets/secrets.h"

#include "master/secrets/sealed.h"

namespace gale {
namespace {

// A write that another one, or a rotation of the keys, was faster than is done again.
constexpr int kTriesMax = 8;

}  // namespace

// What is the same for both kinds.
template <class Traits>
class Secrets::Table {
 public:
  using Row = Traits::Row;
  using Value = Traits::Value;

  explicit Table(Secrets& secrets)
      : secrets_(secrets), rows_(Traits::Rows(secrets.store_)), vault_(secrets.vault_) {}

  Result<Value> Get(const std::string& key) {
    GALE_ASSIGN_OR_RETURN(const std::optional<Row> row, rows_.Get(key));
    if (!row) return Traits::NoSuch(key);
    return OpenRow<Traits>(vault_, *row);
  }

  Result<Page<Value>> List(const SecretQuery& query) {
    GALE_ASSIGN_OR_RETURN(const Page<Row> rows, rows_.List(query));
    Page<Value> page;
    page.total = rows.total;
    for (const Row& row : rows.rows) {
      GALE_ASSIGN_OR_RETURN(page.rows.emplace_back(), OpenRow<Traits>(vault_, row));
    }
    return page;
  }

  Result<std::vector<Status>> Put(const std::vector<Value>& values, OnExisting existing,
                                  const std::string& owner) {
    std::vector<Status> done(values.size());
    std::vector<size_t> good;
    for (size_t i = 0; i < values.size(); ++i) {
      done[i] = Traits::Check(values[i]);
      if (done[i].ok()) good.push_back(i);
    }
    for (size_t from = 0; from < good.size(); from += kSecretWritesMax) {
      const size_t to = std::min(good.size(), from + kSecretWritesMax);
      std::vector<SecretWrite<Row>> writes(to - from);
      for (size_t i = from; i < to; ++i) {
        const Value& value = values[good[i]];
        SecretWrite<Row>& write = writes[i - from];
        if (existing != OnExisting::kOverwrite) write.before = Before::kNothing;
        write.event = Event(Traits::kSetEvent, Traits::KeyOf(value), owner);
      }
      GALE_ASSIGN_OR_RETURN(const std::vector<Written> written,
                            Write(writes, [&](size_t i) { return &values[good[from + i]]; }));
      for (size_t i = from; i < to; ++i) {
        if (written[i - from] != Written::kExists) continue;
        done[good[i]] =
            AlreadyExists("{} '{}' exists already", Traits::kTable, Traits::KeyOf(values[good[i]]));
      }
    }
    return done;
  }

  Status PutOne(const Value& value, const std::string& owner) {
    auto done = Put({value}, OnExisting::kOverwrite, owner);
    return done.ok() ? done->front() : done.status();
  }

  Result<Value> Change(const std::string& key, const std::function<Status(Value&)>& change,
                       const std::string& owner) {
    for (int attempt = 1; attempt <= kTriesMax; ++attempt) {
      GALE_ASSIGN_OR_RETURN(const std::optional<Row> row, rows_.Get(key));
      if (!row) return Traits::NoSuch(key);
      GALE_ASSIGN_OR_RETURN(Value value, OpenRow<Traits>(vault_, *row));
      GALE_RETURN_IF_ERROR(change(value));
      Traits::KeyOf(value) = key;
      GALE_RETURN_IF_ERROR(Traits::Check(value));
      std::vector<SecretWrite<Row>> writes(1);
      writes[0].before = Before::kThis;
      writes[0].seal = SealOf(*row);
      writes[0].event = Event(Traits::kSetEvent, key, owner);
      GALE_ASSIGN_OR_RETURN(const std::vector<Written> written,
                            Write(writes, [&](size_t) { return &value; }));
      if (written[0] == Written::kDone) return value;
      if (written[0] == Written::kMissing) return Traits::NoSuch(key);
    }
    return Aborted("{} '{}' was changed by others all the time; try again", Traits::kTable, key);
  }

  Status Delete(const std::string& key, const std::string& owner) {
    GALE_ASSIGN_OR_RETURN(const bool there,
                          rows_.Delete(key, Event(Traits::kDeleteEvent, key, owner)));
    return there ? OkStatus() : Traits::NoSuch(key);
  }

 private:
  // `value_of`: what is to be sealed into the row of each.
  template <class ValueOf>
  Result<std::vector<Written>> Write(std::vector<SecretWrite<Row>>& writes, ValueOf value_of) {
    for (int attempt = 1;; ++attempt) {
      GALE_ASSIGN_OR_RETURN(const std::string id, vault_.KeyToSealBy());
      for (size_t i = 0; i < writes.size(); ++i) {
        GALE_ASSIGN_OR_RETURN(writes[i].row, SealRow<Traits>(vault_, id, *value_of(i)));
      }
      auto written = rows_.Write(writes, id);
      if (written.status().code() != Code::kAborted || attempt == kTriesMax) return written;
    }
  }

  EventRow Event(std::string_view what, const std::string& key, const std::string& owner) {
    EventRow event;
    event.when = secrets_.clock_.Now();
    event.owner = owner;
    event.event = what;
    event.extra = key;
    return event;
  }

  Secrets& secrets_;
  SecretRows<Row>& rows_;
  Vault& vault_;
};

Secrets::Secrets(Store& store, Files& files, const Clock& clock, SecretsOptions options)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      masking_(options_.sensitive_names),
      vault_(store, files, options_.key_file) {}

Result<Variable> Secrets::GetVariable(const std::string& key) {
  return Table<VariableTraits>(*this).Get(key);
}
Result<Page<Variable>> Secrets::ListVariables(const SecretQuery& query) {
  return Table<VariableTraits>(*this).List(query);
}
Result<std::vector<Status>> Secrets::PutVariables(const std::vector<Variable>& variables,
                                                  OnExisting existing, const std::string& owner) {
  return Table<VariableTraits>(*this).Put(variables, existing, owner);
}
Status Secrets::PutVariable(const Variable& variable, const std::string& owner) {
  return Table<VariableTraits>(*this).PutOne(variable, owner);
}
Result<Variable> Secrets::ChangeVariable(const std::string& key,
                                         const std::function<Status(Variable&)>& change,
                                         const std::string& owner) {
  return Table<VariableTraits>(*this).Change(key, change, owner);
}
Status Secrets::DeleteVariable(const std::string& key, const std::string& owner) {
  return Table<VariableTraits>(*this).Delete(key, owner);
}

Result<Connection> Secrets::GetConnection(const std::string& conn_id) {
  return Table<ConnectionTraits>(*this).Get(conn_id);
}
Result<Page<Connection>> Secrets::ListConnections(const SecretQuery& query) {
  return Table<ConnectionTraits>(*this).List(query);
}
Result<std::vector<Status>> Secrets::PutConnections(const std::vector<Connection>& connections,
                                                    OnExisting existing, const std::string& owner) {
  return Table<ConnectionTraits>(*this).Put(connections, existing, owner);
}
Status Secrets::PutConnection(const Connection& connection, const std::string& owner) {
  return Table<ConnectionTraits>(*this).PutOne(connection, owner);
}
Result<Connection> Secrets::ChangeConnection(const std::string& conn_id,
                                             const std::function<Status(Connection&)>& change,
                                             const std::string& owner) {
  return Table<ConnectionTraits>(*this).Change(conn_id, change, owner);
}
Status Secrets::DeleteConnection(const std::string& conn_id, const std::string& owner) {
  return Table<ConnectionTraits>(*this).Delete(conn_id, owner);
}

Result<Probed> Secrets::TestConnection(const Connection& connection) {
  if (!options_.test_connections) {
    return PermissionDenied(
        "Testing connections is disabled: set [core] test_connection = Enabled where the master "
        "runs");
  }
  return ProbeConnection(connection);
}

}  // namespace gale
