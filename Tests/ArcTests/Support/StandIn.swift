import TestSupport

/// A stand-in for the `arc` program: a Perl script (Perl is on every Debian) that answers `serve`, `migrate`, `token`.
enum StandIn {
    private static let script = #"""
        #!/usr/bin/perl
        use strict; use warnings; use IO::Socket::INET;
        $| = 1;
        my ($command, @rest) = @ARGV;
        if ($command eq 'token') { print "note\n", "secret-of-", length($ENV{JWT_SECRET}), "\n"; exit 0; }
        if ($command eq 'migrate') {
            if (($ENV{STANDIN_FAIL} // '') eq $rest[2]) { print STDERR "migration 7 is broken\n"; exit 4; }
            $ENV{PGHOST} = $ENV{DB_HOST}; $ENV{PGPORT} = $ENV{DB_PORT}; $ENV{PGDATABASE} = $ENV{DB_DATABASE};
            $ENV{PGUSER} = $ENV{DB_MIGRATION_USER}; $ENV{PGPASSWORD} = $ENV{DB_MIGRATION_PASSWORD};
            open(my $psql, '|-', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1') or exit 5;
            print $psql "SET client_min_messages = 'warning';\n",
                "CREATE TABLE IF NOT EXISTS main.schema_migrations(number int);\n",
                "CREATE TABLE IF NOT EXISTS main.things(name text);\n",
                "GRANT SELECT, INSERT ON main.things TO $ENV{DB_USER};\n";
            close($psql); exit($? ? 6 : 0);
        }
        if ($command eq 'serve') {
            my $stubborn = ($ENV{STANDIN_STUBBORN} // '') eq $rest[0];
            $SIG{TERM} = $stubborn ? 'IGNORE' : sub { exit 0 };
            my $server = IO::Socket::INET->new(
                LocalAddr => $ENV{HOST}, LocalPort => $ENV{PORT}, Listen => 8, ReuseAddr => 1) or die "no port: $!";
            print qq({"time":"now","level":"info","message":"quiet"}\n);
            print qq({"time":"now","level":"warning","message":"loud from $rest[0]"}\n);
            my $waits = ($ENV{STANDIN_WAITING} // '') eq $rest[0];
            my $silent = ($ENV{STANDIN_SILENT} // '') eq $rest[0];
            while (my $client = $server->accept) {
                my $line = <$client> // '';
                my $body = 'fine';
                next if $silent;
                if ($waits && !-e $ENV{STANDIN_READY_FILE}) {
                    print $client "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    next;
                }
                exit 3 if $line =~ m{^GET /crash };
                $body = join("\n", map { "$_=$ENV{$_}" } sort keys %ENV) if $line =~ m{^GET /environment };
                print $client "HTTP/1.1 200 OK\r\nContent-Length: ", length($body), "\r\nConnection: close\r\n\r\n$body";
                close $client;
            }
            exit 0;
        }
        exit 9;
        """#

    /// Writes the script into a folder.
    static func install(in folder: String) async throws -> String {
        let path = "\(folder)/arc-stand-in"
        try await TestCommand.install(script + "\n", at: path)
        return path
    }
}
